"""The base of every expected failure. Doors translate it once: HTTP status, form error, CLI exit code."""


class ProductError(Exception):
    """An expected failure.

    `code` is stable and for programs, `for_person` a whole sentence safe to show, `http_status` what a web door
    answers.
    """

    def __init__(self, code: str, for_person: str, *, http_status: int = 422) -> None:
        super().__init__(f"{code}: {for_person}")
        self.code = code
        self.for_person = for_person
        self.http_status = http_status
