"""The development issuer's sign-in: a page on which one chooses whom to be, and the codes and tokens that follow (OIDC code flow, PKCE).

Anybody who reaches the page may be anybody: the issuer guards itself, see `chassis.issuer`.
"""

import hmac
import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from chassis.auth import Role

_CODE_SECONDS = 120
_MOST_CODES = 1_000
_ASKED = ("client_id", "redirect_uri", "response_type", "scope", "state", "nonce", "code_challenge", "code_challenge_method")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-inline-size: 34rem; margin: 2rem auto; padding: 0 1rem }
fieldset { border: 1px solid #8888; border-radius: .4rem; margin-block: 1rem; columns: 2 }
label { display: block; padding-block: .15rem }
input:not([type=radio]) { inline-size: 100%; font: inherit; padding: .4rem; box-sizing: border-box }
button { font: inherit; padding: .5rem 1.2rem } .hint { opacity: .75; font-size: .9rem }
"""
STYLE_HASH = "sha256-" + b64encode(sha256(_STYLE.encode()).digest()).decode()


class SignInRefused(ValueError):
    """The request cannot be answered by going back to the client (RFC 6749, 4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom somebody chose to be, and what the client asked with it."""

    subject: str
    roles: tuple[str, ...]
    agency: str
    institution: str | None
    client: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    until: float = 0.0


@dataclass
class Codes:
    """Codes given out and not yet taken; each is good once and for two minutes."""

    open: dict[str, Chosen] = field(default_factory=dict)

    def give(self, chosen: Chosen) -> str:
        """A new code."""
        now = time.monotonic()
        self.open = {code: each for code, each in self.open.items() if each.until > now}
        if len(self.open) >= _MOST_CODES:
            raise SignInRefused("too many sign-ins at once")
        code = secrets.token_urlsafe(32)
        self.open[code] = chosen
        return code

    def take(self, form: Mapping[str, str], client: str) -> Chosen | None:
        """What the code was given for; None unless client, address and verifier fit."""
        chosen = self.open.pop(form.get("code", ""), None)
        if chosen is None or chosen.until < time.monotonic() or chosen.client != client:
            return None
        proof = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).decode().rstrip("=")
        fits = form.get("redirect_uri") == chosen.redirect_uri and hmac.compare_digest(proof, chosen.challenge)
        return chosen if fits else None


def check(asked: Mapping[str, str], clients: Collection[str], redirects: Callable[[str], bool]) -> None:
    """SignInRefused unless the request is one of a client of ours, by code and PKCE, back to an address of ours."""
    if asked.get("client_id", "") not in clients:
        raise SignInRefused("this client is not known here")
    if not redirects(asked.get("redirect_uri", "")):
        raise SignInRefused("this redirect_uri is not one of this machine or of the console")
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        raise SignInRefused("response_type=code with code_challenge_method=S256 is served here")
    if "openid" not in asked.get("scope", "").split():
        raise SignInRefused("the scope openid is needed")


def of_this_machine(uri: str) -> bool:
    """Whether an address lies on this machine."""
    parts = urlsplit(uri)
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK and not parts.fragment


def choose(asked: Mapping[str, str], form: Mapping[str, str], agencies: Callable[[str], bool]) -> Chosen:
    """The choice that a form makes; ValueError with the words for the page."""
    roles = tuple(sorted({role for role in form.get("role", "").split() if role in {each.value for each in Role} - {"service"}}))
    agency, institution = form.get("agency", "").strip(), form.get("institution", "").strip() or None
    subject = form.get("subject", "").strip() or (roles[0].replace("_", "-") if roles else "")
    if not roles:
        raise ValueError("Choose a role.")
    if not agencies(agency) or (institution is not None and not agencies(institution)):
        raise ValueError("Agency and institution are ids: small letters, digits and hyphens.")
    if Role.institution_officer in roles and institution is None:
        raise ValueError("An institution's officer needs an institution.")
    if not subject.isascii() or not subject.isprintable() or " " in subject or len(subject) > 200:
        raise ValueError("A subject is one word of Latin letters.")
    until = time.monotonic() + _CODE_SECONDS
    return Chosen(
        subject, roles, agency, institution, asked["client_id"], asked["redirect_uri"], asked["code_challenge"], asked.get("nonce"), until
    )


def way_back(asked: Mapping[str, str], issuer: str, **answer: str) -> str:
    """The client's address with the answer."""
    uri = asked["redirect_uri"]
    given = {**answer, "iss": issuer, **({"state": asked["state"]} if asked.get("state") else {})}
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode(given)}"


def page(asked: Mapping[str, str], form: Mapping[str, str], wrong: str | None = None) -> str:
    """The page on which one chooses."""

    def kept(name: str, otherwise: str = "") -> str:
        return escape(form.get(name, otherwise))

    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in _ASKED if name in asked)
    chosen = form.get("role", "coordinator")
    radios = "".join(
        f'<label><input type="radio" name="role" value="{role}"{" checked" if role == chosen else ""}> {role.replace("_", " ")}</label>'
        for role in (each.value for each in Role if each is not Role.service)
    )
    fault = f'<p role="alert"><strong>{escape(wrong)}</strong></p>' if wrong else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Sign in for development</title>
<style>{_STYLE}</style></head><body><main><h1>Whom will you be?</h1>
<p class="hint">The development issuer asks for no password. It runs on this machine alone and never in production.</p>{fault}
<form method="post">{hidden}<fieldset><legend>Role</legend>{radios}</fieldset>
<p><label for="agency">Agency</label><input id="agency" name="agency" required value="{kept("agency", "my-agency")}"></p>
<p><label for="institution">Institution <span class="hint">(an institution's officer)</span></label>
<input id="institution" name="institution" value="{kept("institution")}"></p>
<p><label for="subject">Subject <span class="hint">(empty: the role's name)</span></label>
<input id="subject" name="subject" value="{kept("subject")}"></p>
<p><button>Sign in</button></p></form></main></body></html>"""


def claims_of(chosen: Chosen) -> dict[str, Any]:
    """What of the person goes into an id token."""
    return {"sub": chosen.subject, "name": chosen.subject, "nonce": chosen.nonce}
