"""What can go wrong, each with `fault` (which kind), `text` (what) and `place` (where: a file and line, an argument)."""


class Error(Exception):
    """Base of all errors of delever.

    fault: "malformed", "unavailable", "refused", "out_of_range", "not_found", "no_evidence" or "usage".
    text:  what is wrong, a sentence.
    place: where: "rules.toml:12 funding.band", "forward[3]", an argument's name; "" when it is all of the question.
    """

    fault = ""

    def __init__(self, text, place=""):
        super().__init__(f"{place}: {text}" if place else text)
        self.text = text
        self.place = place


class MalformedError(Error, ValueError):
    """The bytes are not what they claim to be."""

    fault = "malformed"


class UnavailableError(Error, OSError):
    """A file or disk did not answer."""

    fault = "unavailable"


class RefusedError(Error, ValueError):
    """Asked for something that is not done, or that no source establishes."""

    fault = "refused"


class OutOfRangeError(Error, ValueError):
    """Well-formed, but beyond what can be held."""

    fault = "out_of_range"


class NotFoundError(Error, LookupError):
    """There is no such thing; the text says what there is."""

    fault = "not_found"


class NoEvidenceError(Error):
    """The question is fair, the data cannot answer it."""

    fault = "no_evidence"


class UsageError(Error, ValueError):
    """What was asked is wrong by itself, whatever the data hold."""

    fault = "usage"


BY_FAULT = {kind.fault: kind for kind in (MalformedError, UnavailableError, RefusedError, OutOfRangeError, NotFoundError,
                                          NoEvidenceError, UsageError)}


def of(fault, text, place):
    return BY_FAULT[fault](text, place)
