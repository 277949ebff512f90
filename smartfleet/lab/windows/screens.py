"""What the users of a machine are shown in their sessions, and what they answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from smartfleet.lab.session.notifications import Answer, Notice
from smartfleet.lab.windows.store import JsonFile

YES_NO = ["Yes", "No"]


@dataclass(frozen=True)
class Screens:
    """Per user: what was shown, and what he does with every question from now on. It outlives sessions."""

    file: JsonFile

    def notices(self, user: str) -> list[Notice]:
        return [Notice(**one) for one in self.file.read().get(user, {}).get("notices", [])]

    def will_answer(self, user: str, answer: Answer) -> None:
        with self.file.changing() as content:
            content.setdefault(user, {})["will_answer"] = answer

    def show(self, user: str, title: str, text: str, *, asks: bool) -> Answer:
        """Shows a message; what the user answers at once. A question cannot be closed without an answer."""
        with self.file.changing() as content:
            screen = content.setdefault(user, {})
            will: Answer = screen.get("will_answer", "") if asks else ""
            answer: Answer = will if will in ("go", "later") else ""
            # a question that nobody answers is taken away when its time is over
            notice = Notice(title, text, YES_NO if asks else [], answer, open=not asks)
            screen.setdefault("notices", []).append(asdict(notice))
        return answer
