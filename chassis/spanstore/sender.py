"""How a process of the installation shows the receiver of spans that it is one."""

import hmac
from hashlib import sha256

from chassis.settings import Settings
from chassis.subject_keys import master_key


def sender_token(using: Settings) -> str:
    """Made of the installation's master key, so that nothing more is to be set."""
    return hmac.new(master_key(using), b"kepil span store", sha256).hexdigest()
