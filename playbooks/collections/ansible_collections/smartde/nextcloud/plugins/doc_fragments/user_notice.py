"""Options of user_notice and its twin on Windows."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  root:
    description: A folder that holds the host; see M(smartde.nextcloud.client_facts).
    type: path
    default: /
  notices:
    description: What is shown, and to whom; one entry for each user. They are shown, and answered, at the same time.
    type: list
    elements: dict
    required: true
    suboptions:
      user:
        description: The user's name, spelled as M(smartde.nextcloud.client_facts) spells it.
        type: str
        required: true
      title:
        description: One line, at most 200 characters.
        type: str
        required: true
      text:
        description: Plain text of one or more lines, at most 4000 characters. It is shown as it stands, without any
          markup. Control characters other than line ends are refused.
        type: str
        required: true
      go_label:
        description: Where this and O(notices[].later_label) are set, the user is asked and may answer. The button that
          lets the work begin. On Windows the buttons are the system's own, V(Yes) and V(No) in the user's language, so
          the text has to be a question that these answer.
        type: str
        default: ''
      later_label:
        description: The button that puts the work off; V(No) on Windows.
        type: str
        default: ''
  answer_seconds:
    description: How long an answer is waited for; then the question is taken away. Nothing is waited for where nobody
      is asked.
    type: int
    default: 60
"""
