"""Workers on other machines, each started by that machine's sshd: no daemon of ours waits anywhere."""
