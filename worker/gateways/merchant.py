"""What is the same at every provider: one account of ours, its answers read into our values, its lists without doubles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.payments.told import an_id
from models.values import Money
from worker.errors import GatewayError
from worker.gateways import answers
from worker.gateways.answers import a_dict
from worker.gateways.http import Answer, Http, refused, unsure
from worker.gateways.payments import (
    BAD_ANSWER,
    DUPLICATE_REFERENCE,
    NO_TRANSACTION,
    Mode,
    RefundState,
    RefundWord,
    Taken,
    Verified,
)


@dataclass(frozen=True)
class Merchant(ABC):
    """One merchant account. `http` holds the key and the connections. A provider says how it speaks in the abstract methods."""

    http: Http
    name: str = ""

    @property
    def mode(self) -> Mode:
        return self.http.mode

    def close(self) -> None:
        self.http.close()

    # ------------------------------------------------------------------------------------------ how this provider speaks

    @abstractmethod
    def _succeeded(self, answer: Answer) -> bool:
        """Whether the body, too, says that it worked."""

    @abstractmethod
    def _not_found(self, answer: Answer) -> bool:
        """Whether it says that it knows no such transaction."""

    @abstractmethod
    def _codes(self, answer: Answer) -> tuple[Any, ...]:
        """Where its own code of a refusal may stand, the best first."""

    @abstractmethod
    def _taken(self, data: Mapping[str, Any], *, listed: bool = False) -> Taken | None:
        """A transaction; None for money whose amount or id cannot be read. In a list such a row comes with Money(0)."""

    @abstractmethod
    def _refund_words(self, data: Mapping[str, Any]) -> tuple[str, RefundWord | None, Money | None, str]:
        """Of a refund: the provider's word, ours (None: we do not know it), the amount, the transaction's id."""

    # ------------------------------------------------------------------------------------------------- reading answers

    def _asked(self, path: str, query: Mapping[str, str] | None = None) -> Taken | None:
        """What verify says, None when it knows nothing of it."""
        answer = self.http.get(path, query)
        data = a_dict(answer.body.get("data"))
        if self._succeeded(answer) and data:
            found = self._taken(data)
            if found is None:
                raise unsure(BAD_ANSWER, repeatable=True)
            return found
        if self._not_found(answer):
            return None
        raise unsure(BAD_ANSWER, answer.detail, repeatable=True) if answer.accepted else self._refusal(answer)

    def _nothing(self, reference: str) -> Verified:
        """The provider does not know the reference."""
        return Verified("unknown", reference, "", Money(0), None, None, "NGN", self.mode, "", None, "")

    def _given_back(self, path: str, body: Mapping[str, Any], asked: Money) -> RefundState:
        """A refund asked for."""
        answer = self.http.post(path, body)
        data = a_dict(answer.body.get("data"))
        if self._succeeded(answer) and data:
            return self._refund(data, asked=asked)
        if self._not_found(answer) and not answer.accepted:
            raise refused(NO_TRANSACTION, answer.detail)
        raise unsure(BAD_ANSWER, answer.detail, repeatable=False) if answer.accepted else self._refusal(answer)

    def _refund(self, data: Mapping[str, Any], *, asked: Money | None = None) -> RefundState:
        said, word, amount, whose = self._refund_words(data)
        if word is None:
            answers.log.warning("payment.unknown_refund_status", provider=self.name, status=said)
        return RefundState(word or "pending", an_id(data.get("id")), amount or asked or Money(0), whose)

    def _refunds(self, rows: Iterable[Mapping[str, Any]]) -> list[RefundState]:
        """Each once: rows move on to the next page while new ones come in."""
        found = {an_id(row.get("id")) or number: self._refund(row) for number, row in enumerate(rows)}
        return list(found.values())

    def _listed(self, rows: Iterable[Mapping[str, Any]], since: datetime, until: datetime) -> Iterator[Taken]:
        """Those begun in [since, until), each once."""
        seen: set[str] = set()
        for row in rows:
            taken = self._taken(row, listed=True)
            if taken is None or (taken.transaction_id and taken.transaction_id in seen):
                continue
            seen.add(taken.transaction_id)
            if taken.created_at is None or since <= taken.created_at < until:
                yield taken

    def _refusal(self, answer: Answer) -> GatewayError:
        if _is_duplicate(answer):
            return refused(DUPLICATE_REFERENCE, answer.detail)
        return refused(answers.a_code(self._codes(answer), answer.status), answer.detail)

    def _begun(self, answer: Answer, *, sound: bool) -> Answer:
        """An accepted start. `sound`: it says what it should; if not, the provider may have begun all the same."""
        if not answer.accepted or _is_duplicate(answer):
            raise self._refusal(answer)
        if not sound:
            raise unsure(BAD_ANSWER, answer.detail, repeatable=False)
        return answer


def _is_duplicate(answer: Answer) -> bool:
    return answers.is_duplicate(answer.body.get("code"), answer.body.get("message"))
