"""The words of error pages: what happened, what was kept, what to do."""

from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class ErrorWords:
    title: str
    happened: str
    kept: str
    advice: str


def words_for(status: int) -> ErrorWords:
    table = _all_words()
    return table.get(status) or table[500 if status >= 500 else 400]


def csrf_words() -> ErrorWords:
    return ErrorWords(
        title=_("This page was open too long"),
        happened=_(
            "For your safety a form must be sent from a page that was opened recently, with cookies allowed."
        ),
        kept=_("Nothing was changed. Drafts of longer texts are kept in this browser."),
        advice=_("Go back, reload the page and send the form again."),
    )


def _all_words() -> dict[int, ErrorWords]:
    unchanged = _("Nothing was changed.")
    return {
        400: ErrorWords(
            title=_("We could not read that request"),
            happened=_("Something in the address or in the data sent is not in a form we understand."),
            kept=unchanged,
            advice=_("Go back and try again. If you followed a link, it may be incomplete."),
        ),
        403: ErrorWords(
            title=_("You do not have access to this"),
            happened=_("This page or action is not part of your role, or you are no longer signed in."),
            kept=unchanged,
            advice=_("Ask an administrator of your organisation for access, or sign in as somebody else."),
        ),
        404: ErrorWords(
            title=_("There is nothing at this address"),
            happened=_("The page does not exist, was moved, or belongs to somebody else."),
            kept=unchanged,
            advice=_("Check the address, or start again from the first page."),
        ),
        409: ErrorWords(
            title=_("Somebody was faster"),
            happened=_("What you wanted to change has been changed by somebody else meanwhile."),
            kept=_("Your change was not saved. What you typed is kept in this browser as a draft."),
            advice=_("Go back, look at the newest version and decide again."),
        ),
        413: ErrorWords(
            title=_("That is too large"),
            happened=_("The files or the text you sent are larger than we accept at once."),
            kept=_("Nothing was stored. The text you typed is kept in this browser as a draft."),
            advice=_("Go back, send fewer or smaller files, or send them one by one."),
        ),
        429: ErrorWords(
            title=_("One moment, please"),
            happened=_("Too many requests came from you within a short time."),
            kept=_("Nothing was lost."),
            advice=_("Wait a minute, then try again."),
        ),
        500: ErrorWords(
            title=_("Something broke on our side"),
            happened=_("An unexpected error stopped this request. It has been recorded."),
            kept=_(
                "The change was not saved, not even in part. Drafts of longer texts are kept in this browser."
            ),
            advice=_("Try again in a moment. If it happens again, tell us the number below."),
        ),
        503: ErrorWords(
            title=_("We will be right back"),
            happened=_("The service is being maintained or is busy at this moment."),
            kept=_("Nothing was lost. Mails that reach us meanwhile are kept and answered later."),
            advice=_("Wait a minute, then reload this page."),
        ),
    }
