"""The columns of a table of organisations that are attested: their headings in the agencies' languages, and what stands in them."""

from chassis.columns import Column, column

_DAY = "YYYY-MM-DD or DD.MM.YYYY"
_YES = "yes or no, also 1 or 0"

COLUMNS: tuple[Column, ...] = (
    column(
        "institution",
        "организация образования",
        "билим берүү уюму",
        "білім беру ұйымы",
        "The organisation's id, its national id, or its name as it is registered",
        "school-7",
        required=True,
    ),
    column(
        "rulebook",
        "регламент",
        "жобо",
        "ереже",
        "The rulebook, `id` or `id@version`; needed where the request names none for the file",
        "kz-109-2008-attestation",
    ),
    column(
        "authority",
        "уполномоченный орган",
        "ыйгарым укуктуу орган",
        "уәкілетті орган",
        "The authorised body that attests it",
        "almaty-oblast",
        required=True,
    ),
    column(
        "levels",
        "уровни образования",
        "билим деңгээлдери",
        "білім деңгейлері",
        "Words of the rulebook or their names, by `;`",
        "primary; basic_secondary",
        required=True,
    ),
    column(
        "specialties",
        "специальности",
        "адистиктер",
        "мамандықтар",
        "Code, name and level in brackets, several by `;`. The level can be left out where only one is attested by specialty",
        "5B011700 Kazakh language [higher]",
    ),
    column("state_owned", "государственная", "мамлекеттик", "мемлекеттік", f"Whether it is the state's: {_YES}", "yes", required=True),
    column("arts", "искусства", "өнөр", "өнер", f"Whether it is an organisation of the arts: {_YES}; without it: no", "no"),
    column("profile", "профиль", "багыты", "бейіні", "ordinary, out_of_school or special; without it: ordinary", "ordinary"),
    column(
        "languages", "языки аттестации", "аттестация тилдери", "аттестаттау тілдері", "Words of the rulebook, or names, by `;`", "state"
    ),
    column("foreign_branch", "иностранный филиал", "чет өлкөлүк филиал", "шетелдік филиал", f"{_YES}; without it: no", "no"),
    column("treaty", "международный договор", "эл аралык келишим", "халықаралық шарт", "The treaty that takes a foreign branch out", ""),
    column("learners", "обучающиеся", "окуучулар", "білім алушылар", "How many there are", "640"),
    column("founded_on", "дата создания", "түзүлгөн күнү", "құрылған күні", f"When it was founded, {_DAY}", "1998-09-01"),
    column(
        "last_attested_on",
        "последняя аттестация",
        "акыркы аттестация",
        "соңғы аттестаттау",
        f"The day of the last decision, {_DAY}; the next years run from it",
        "12.05.2009",
    ),
)
