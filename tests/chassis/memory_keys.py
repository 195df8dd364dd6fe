"""Subject keys for the tests of sealing; those of the key store run on PostgreSQL."""

import os

from chassis.privacy import SubjectForgotten


class MemorySubjectKeys:
    """Keys in this process alone, for what needs no database: the sealing itself."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], bytes | None] = {}

    async def get_or_create(self, agency: str, subject: str) -> bytes:
        """The subject's key, made if there is none; SubjectForgotten."""
        key = self._keys.setdefault((agency, subject), os.urandom(32))
        if key is None:
            raise SubjectForgotten(subject)
        return key

    async def get(self, agency: str, subject: str) -> bytes | None:
        """The subject's key; None if it was forgotten or never made here."""
        return self._keys.get((agency, subject))

    async def forget(self, agency: str, subject: str) -> None:
        """Deletes the key and keeps the fact."""
        self._keys[agency, subject] = None
