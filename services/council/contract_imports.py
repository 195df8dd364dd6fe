"""Facts of imports of an agency's existing certificates. `contract` has all of them: nobody else imports this module."""

from datetime import date

from pydantic import Field

from chassis.events import Event
from chassis.text import ShortText


class CertificatesImported(Event):
    """Certificates were recorded from a file. Each has its own `CertificateRecorded` with this `import_id`; a file that was completed
    later has one of these for each time that it added something."""

    import_id: str = Field(description="Derived from the file's content")
    file_hash: str = Field(description="SHA-256 of the file")
    file_name: ShortText | None = None
    lines: int = Field(description="Certificates in the file")
    created: int = Field(description="How many it has added")
    same: int
    differs: int = 0
    refused: int
    imported_on: date = Field(description="The day in UTC: an agency's file may hold certificates under rulebooks of several zones")
