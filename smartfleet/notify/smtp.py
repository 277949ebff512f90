"""Hands a mail to a mail server. Certificates are checked, and a password never crosses a network in the clear."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Sequence
from email.message import EmailMessage

from smartfleet.fleet.sending import MailSettings
from smartfleet.notify.notsent import NotSent


def hand_over(settings: MailSettings, password: str, mail: EmailMessage, to: Sequence[str], seconds: float) -> None:
    """Raises NotSent; with those that have it, where the server took it for some of `to` only."""
    try:
        with contextlib.closing(_connect(settings, seconds)) as server:
            if settings.user:
                server.login(settings.user, password)
            refused = server.send_message(mail, settings.sender, list(to))
            # whether it says good-bye makes no difference any more
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()
    except smtplib.SMTPRecipientsRefused as error:
        raise NotSent(_refused(error.recipients)) from None
    except smtplib.SMTPNotSupportedError as error:
        raise NotSent(f"the mail server cannot do what smartfleet.yml asks for: {error}") from None
    except smtplib.SMTPResponseException as error:
        text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
        raise NotSent(f"the mail server answered {error.smtp_code}: {text}") from None
    except TimeoutError:
        raise NotSent("the mail server did not answer in time") from None
    # a password that is no ASCII, a server's name with two dots, and whatever else does not fit what SMTP takes
    except UnicodeError:
        told = "the server's name, the user name or the password holds characters that mail servers do not take"
        raise NotSent(told) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotSent(f"the mail server cannot be reached: {error}") from None
    if refused:
        raise NotSent(_refused(refused), reached=[address for address in to if address not in refused])


def _connect(settings: MailSettings, seconds: float) -> smtplib.SMTP:
    name, host, port = socket.gethostname(), settings.server, settings.port
    context = ssl.create_default_context()
    if settings.tls == "tls":
        return smtplib.SMTP_SSL(host, port, local_hostname=name, timeout=seconds, context=context)
    server = smtplib.SMTP(host, port, local_hostname=name, timeout=seconds)
    try:
        if settings.tls == "starttls":
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server


def _refused(refused: dict[str, tuple[int, bytes]]) -> str:
    told = [f"{address}: {code} {text.decode('utf-8', 'replace')}" for address, (code, text) in refused.items()]
    return f"the mail server takes nothing for {'; '.join(told)}"
