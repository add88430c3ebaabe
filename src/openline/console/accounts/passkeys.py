"""Passkeys: what a browser is asked for, and whether what it answers holds (WebAuthn level 3).

Rules of this file:
1. The authenticator must have verified its user (fingerprint, PIN); an answer that only shows presence is refused.
2. An answer counts for our origin and our name alone, and never from a page inside another's.
3. A count of uses that does not rise is refused and logged: there may be two of that authenticator.
4. The officer is whom the passkey is enrolled for; nothing else in an answer says who acts.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import webauthn
from webauthn import helpers
from webauthn.helpers import exceptions
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from openline.console.accounts import journal
from openline.console.accounts.challenges import LIFE_MS, Challenges
from openline.console.accounts.journal import Journal
from openline.console.accounts.roster import LABEL_MAX, Passkey, Roster
from openline.wire.errors import Misuse, Refused
from openline.wire.said import say

ANSWER_CHARACTERS_MAX: Final = 32_768
_UV: Final = UserVerificationRequirement.REQUIRED
_AGAIN: Final = say("Try once more; if it is refused again, use your other passkey and tell a supervisor.")


class Now(NamedTuple):
    """The clock, in seconds since 1970, and time elapsed since whenever, in milliseconds, which no clock steps."""

    clock_s: int
    elapsed_ms: int


class Passkeys:
    """The passkeys of one console. `origin`: where browsers reach it, as https://console.example."""

    def __init__(self, roster: Roster, log: Journal, challenges: Challenges, origin: str, name: str) -> None:
        self._roster, self._log, self._challenges = roster, log, challenges
        self._origin, self._name = origin, name
        self._rp_id = urlsplit(origin).hostname or ""

    # ---- asking

    def creation_options(self, officer: str, binding: str, now: Now) -> str:
        """What the browser makes a passkey by, as the JSON that its own parser takes."""
        known = [PublicKeyCredentialDescriptor(id=each.id) for each in self._roster.passkeys(officer)]
        made = webauthn.generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._name,
            user_name=officer,
            user_id=self._roster.handle(officer),
            challenge=self._challenges.make(binding, _enrolling(officer), now.elapsed_ms),
            timeout=LIFE_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_UV
            ),
            exclude_credentials=known,  # two passkeys on one authenticator are lost together
        )
        return webauthn.options_to_json(made)

    def request_options(self, binding: str, words: str, now: Now, officer: str | None = None) -> str:
        """What the browser asserts by, agreeing to `words`; any officer's passkey, unless one is named."""
        return self._request(self._challenges.make(binding, words, now.elapsed_ms), officer)

    def request_over(self, digest: bytes, officer: str) -> str:
        """What an officer's browser asserts a release by: the challenge is the digest itself."""
        return self._request(digest, officer)

    def _request(self, challenge: bytes, officer: str | None) -> str:
        known = [] if officer is None else self._roster.passkeys(officer)
        made = webauthn.generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=LIFE_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each.id) for each in known],
            user_verification=_UV,
        )
        return webauthn.options_to_json(made)

    # ---- judging

    def enrol(self, officer: str, label: str, answer: str, binding: str, now: Now, code: str | None) -> Passkey:
        """Keep the passkey that a browser made; with `code`, spending it.

        Raises:
            Refused: the answer or the code does not hold.
        """
        challenge = self._challenge_in(answer)
        self._challenges.check(challenge, binding, _enrolling(officer), now.elapsed_ms)
        try:
            made = webauthn.verify_registration_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                require_user_verification=True,
            )
            key = helpers.decode_credential_public_key(made.credential_public_key)
            helpers.decoded_public_key_to_cryptography(key)
        except Exception as error:  # the library raises many types on what a browser may send
            raise Refused(
                say("this passkey was not taken: {why}", why=_said(error)), next_step=say("Try once more.")
            ) from error
        name = label.strip()[:LABEL_MAX] or f"passkey {len(self._roster.passkeys(officer)) + 1}"
        passkey = Passkey(
            made.credential_id, officer, made.credential_public_key, made.sign_count, name, now.clock_s, None
        )
        self._roster.add_passkey(passkey, code)
        self._challenges.spend(challenge, now.elapsed_ms)
        return passkey

    def check(self, answer: str, binding: str, words: str, now: Now, officer: str | None = None) -> Passkey:
        """The passkey that agreed to `words` in the browser that `binding` tells, by an answer that counts once.

        Raises:
            Refused: it does not hold, or is another officer's than the one named.
        """
        challenge = self._challenge_in(answer)
        self._challenges.check(challenge, binding, words, now.elapsed_ms)
        passkey = self._asserted(answer, challenge, now, officer)
        self._challenges.spend(challenge, now.elapsed_ms)
        return passkey

    def check_over(self, answer: str, digest: bytes, officer: str, now: Now) -> Passkey:
        """The passkey by which an officer asserted a digest. That it counts once is the caller's to see to.

        Raises:
            Refused: it does not hold.
        """
        return self._asserted(answer, digest, now, officer)

    def _asserted(self, answer: str, challenge: bytes, now: Now, officer: str | None) -> Passkey:
        given = _parsed(answer)
        passkey = self._roster.passkey(given.raw_id)
        if passkey is None or (officer is not None and passkey.officer != officer):
            raise Refused(
                say("this passkey is not enrolled here for you"), next_step=say("Use one of your own passkeys.")
            )
        handle = given.response.user_handle
        if handle is not None and handle != self._roster.handle(passkey.officer):
            raise Refused(say("this passkey names another officer than it is enrolled for"), next_step=_AGAIN)
        try:
            found = webauthn.verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=0,  # looked at below, once the signature is known to hold
                require_user_verification=True,
            )
        except Exception as error:  # as above
            raise Refused(
                say("this passkey's answer does not hold: {why}", why=_said(error)), next_step=_AGAIN
            ) from error
        if found.new_sign_count <= passkey.sign_count and (found.new_sign_count or passkey.sign_count):
            self._log.add(
                journal.REFUSED, passkey.officer, now.clock_s, credential=passkey.id.hex(),
                why="count of uses", had=passkey.sign_count, came=found.new_sign_count,
            )  # fmt: skip
            raise Refused(
                say("this passkey counts fewer uses than before: there may be a copy of it"),
                next_step=say("Use your other passkey, and have a supervisor remove this one."),
            )
        self._roster.used(passkey, found.new_sign_count, now.clock_s)
        return passkey

    def _challenge_in(self, answer: str) -> bytes:
        """The challenge that a browser says it answers; never from a page inside another's.

        Raises:
            Misuse: this is no passkey's answer. Refused: it comes from a frame.
        """
        try:
            response = _object(_object(answer)["response"])
            data = helpers.parse_client_data_json(helpers.base64url_to_bytes(response["clientDataJSON"]))
        except Exception as error:  # the library raises many types on what a browser may send
            raise _no_answer() from error
        if data.cross_origin:
            raise Refused(
                say("this passkey was asked from inside another page"), next_step=say("Open the console by itself.")
            )
        return data.challenge


def _parsed(answer: str) -> AuthenticationCredential:
    try:
        return helpers.parse_authentication_credential_json(answer)
    except exceptions.WebAuthnException as error:
        raise _no_answer() from error


def _object(given: Any) -> dict[str, Any]:
    if isinstance(given, str) and len(given) <= ANSWER_CHARACTERS_MAX:
        given = json.loads(given)
    if not isinstance(given, dict):
        raise ValueError("not an object")
    return given


def _no_answer() -> Misuse:
    return Misuse(
        say("this is no passkey's answer"), next_step=say("Load the page again, and allow scripts of this console.")
    )


def _said(error: Exception) -> str:
    return str(error)[:200]


def _enrolling(officer: str) -> str:
    return f"enrol a passkey for {officer}"
