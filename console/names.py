"""Names of institutions for lists that carry ids only. What one person was given is kept for a while, for that person alone."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from console.client import Refused, Services
from console.session import Person

_KEEP_SECONDS = 120
_MOST = 20_000

Key = tuple[str, str, str]
KnownNames = OrderedDict[Key, tuple[float, dict[str, str]]]


class Names:
    """Finds names for one visit."""

    def __init__(self, known: KnownNames, services: Services, person: Person | None) -> None:
        self._known = known
        self._services = services
        self._person = person

    async def institutions(self, ids: Iterable[str | None]) -> dict[str, Mapping[str, str]]:
        """The names by language of these institutions; one that is not there, or not for this person, has none."""
        wanted = {each for each in ids if each}
        if self._person is None or not wanted:
            return {}
        now = time.monotonic()
        found = {each: known[1] for each in wanted if (known := self._known.get(self._key(each))) and known[0] > now}
        missing = wanted - found.keys()
        if missing:
            found |= await self._asked(missing)
            for each in missing & found.keys():  # one that is not there may come
                self._known[self._key(each)] = (now + _KEEP_SECONDS, found[each])
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return dict(found)

    async def _asked(self, missing: set[str]) -> dict[str, dict[str, str]]:
        try:
            if len(missing) > 3:
                listed = await self._services.items("intake", "/v1/institutions", most=2_000)
                return {each["institution_id"]: each["names"] for each in listed}
            answers = {each: await self._services.find("intake", f"/v1/institutions/{each}") for each in missing}
            return {each: answer.data["names"] for each, answer in answers.items() if answer}
        except Refused:
            return {}

    def _key(self, institution: str) -> Key:
        assert self._person is not None
        return self._person.agency, self._person.subject, institution
