"""What council shows of the imports of certificates."""

from sqlalchemy import Column, Date, Integer, Text

from chassis.events import Recorded
from chassis.readmodels import ReadModel, Write
from services.council.contract import CertificatesImported

imports = ReadModel(
    "imports",
    Column("import_id", Text, primary_key=True),
    Column("file_hash", Text),
    Column("file_name", Text),
    Column("lines", Integer),
    Column("created", Integer),
    Column("same", Integer),
    Column("differs", Integer),
    Column("refused", Integer),
    Column("imported_on", Date),
    Column("version", Integer),
    indexes=[["imported_on", "import_id"]],
)

ALL = [imports]


@imports.on(CertificatesImported)
def _imported(e: Recorded[CertificatesImported]) -> Write:
    return imports.upsert(e, **e.event.model_dump(), version=e.version)
