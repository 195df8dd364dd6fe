"""The columns of a table of certificates: their headings in the agencies' languages, and what stands in them."""

from chassis.columns import Column, column

_DAY = "YYYY-MM-DD or DD.MM.YYYY"

COLUMNS: tuple[Column, ...] = (
    column(
        "number",
        "номер свидетельства",
        "күбөлүктүн номери",
        "куәлік нөмірі",
        "The certificate's number. A row without it, or with the number of the row above, has further recommendations of that certificate",
        "KG-0001",
        required=True,
    ),
    column(
        "institution",
        "организация образования",
        "билим берүү уюму",
        "білім беру ұйымы",
        "Whose certificate it is: the institution's id, its national id, or its name as it is registered",
        "first-university",
        required=True,
    ),
    column(
        "rulebook",
        "регламент",
        "жобо",
        "ереже",
        "The rulebook under which the certificate is followed up, `id` or `id@version`; needed where the request names none for the file",
        "aakr-monitoring-2024",
    ),
    column(
        "object",
        "объект аккредитации",
        "аккредитациялоо объектиси",
        "аккредиттеу объектісі",
        "What is accredited: a word of the rulebook, or its name",
        "programme",
        required=True,
    ),
    column("programme", "программа", "программа аталышы", "бағдарлама", "The educational programme, code and name", "710100 Informatics"),
    column(
        "level",
        "уровень образования",
        "билим берүү деңгээли",
        "білім беру деңгейі",
        "The level of education: a word of the rulebook, or its name",
        "higher_professional",
    ),
    column(
        "kind",
        "вид аккредитации",
        "аккредитациянын түрү",
        "аккредиттеу түрі",
        "For how long or on which condition: a word of the rulebook's `kinds`, or its name",
        "conditional",
    ),
    column("scopes", "области", "тармактар", "салалар", "What the certificate covers besides, several by `;`", ""),
    column("issued_on", "дата выдачи", "берилген күнү", "берілген күні", f"The day of issue, {_DAY}", "2025-03-14", required=True),
    column(
        "received_on",
        "дата получения",
        "алынган күнү",
        "алынған күні",
        f"The day on which the institution received it, {_DAY}",
        "21.03.2025",
    ),
    column("valid_until", "действует до", "жарактуу мөөнөтү", "жарамды мерзімі", f"Its last day, {_DAY}", "2030-03-13", required=True),
    column(
        "criterion",
        "стандарт",
        "стандарт же критерий",
        "өлшемшарт",
        "The criterion of this row's recommendation or remark",
        "Standard 2",
    ),
    column(
        "recommendation",
        "рекомендации",
        "сунуштар",
        "ұсынымдар",
        "A recommendation. Several in one cell: a line each, `criterion | text`, unless they share this row's criterion",
        "Standard 3 | Publish the graduates' surveys",
    ),
    column("remark", "замечания", "сын-пикирлер", "ескертулер", "A remark, as recommendations are written", ""),
    column(
        "nonconformity",
        "несоответствия",
        "дал келбөөлөр",
        "сәйкессіздіктер",
        "A recommendation on a nonconformity, as recommendations are written",
        "",
    ),
    column(
        "panel", "эксперты", "эксперттер", "сарапшылар", "The ids of the accrediting commission's experts, by `;`", "expert.one; expert.two"
    ),
    column("case_officer", "референт", "референт аты", "референт аты-жөні", "The id of the case officer who took part", "referent.one"),
    column("contract_reference", "договор", "келишим", "шарт", "The contract of the accreditation", "No. 14/2025"),
    column("plan_received_on", "план получен", "план алынган", "жоспар алынды", f"When the action plan came in, {_DAY}", ""),
    column("plan_accepted_on", "план принят", "план кабыл алынган", "жоспар қабылданды", f"When the plan was accepted, {_DAY}", ""),
    column(
        "term_reason",
        "основание срока",
        "мөөнөттүн негизи",
        "мерзім негізі",
        "Why its last day is another than the term of its kind gives",
        "",
    ),
    column("origin", "источник", "булак", "дереккөз", "Where this is known from; without it: this import", "Agency's list of 2025"),
)

#: What a further row of a certificate may have.
OF_RECOMMENDATIONS = ("criterion", "recommendation", "remark", "nonconformity")
