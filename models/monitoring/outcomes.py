"""What came of the work: throughput, errors, the sender, templates, readings and money, each judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.monitoring.parts import Level, Part, judged, lasting, worst
from models.monitoring.recent import Recent

SHARE_LOOK, SHARE_BAD, FAILED_LEAST = 0.02, 0.10, 3


def throughput(done: Recent) -> Part:
    kinds = {"answered": "events", "sent": "messages", "read": "readings"}
    rows: list[tuple[Any, ...]] = []
    figures: dict[str, float] = {}
    for word, kind in kinds.items():
        rates = [round(done.kinds[kind].a_minute(minutes), 2) for minutes in (5, 60)]
        rows.append((word, *(f"{rate:,.1f}" for rate in rates)))
        figures |= {f"{word}_a_minute_over_5": rates[0], f"{word}_a_minute_over_60": rates[1]}
    paid = [done.paid[5] / 5, done.paid[60] / 60]
    rows.append(("paid", *(f"{rate:,.2f}" for rate in paid)))
    figures |= {"paid_a_minute_over_5": round(paid[0], 3), "paid_a_minute_over_60": round(paid[1], 3)}
    says = f"{rows[0][1]} answered and {rows[1][1]} sent a minute"
    return Part(
        "throughput", "Throughput", says, columns=("a minute", "last 5 min", "last 60 min"), rows=tuple(rows), figures=figures
    )


def errors(done: Recent) -> Part:
    rows: list[tuple[Any, ...]] = []
    figures: dict[str, float | None] = {}
    for word, kind in (("events", "events"), ("messages", "messages"), ("readings", "readings"), ("payments", "attempts")):
        of = done.kinds[kind]
        share, wrong = of.wrong_share(60), of.wrong[60]
        # A customer who does not pay after all is no error of ours: payments are judged under Money.
        judge = kind != "attempts" and wrong >= FAILED_LEAST
        level: Level = judged(share or 0.0, SHARE_LOOK, SHARE_BAD) if judge else "ok"
        rows.append((level, word, wrong, of.good[60] + wrong, "-" if share is None else f"{share:.1%}"))
        figures |= {f"{word}_failed_share": share, f"{word}_failed": wrong}
    level = worst(row[0] for row in rows)
    failed, all_ = sum(row[2] for row in rows[:3]), sum(row[3] for row in rows[:3])
    do = (
        "`drugsng failed list` shows each with its reason; Sentry and the log have the rest under its correlation id."
        if level != "ok"
        else ""
    )
    says = f"{failed} of {all_} went wrong in the last 60 minutes"
    return Part(
        "errors",
        "Error rate",
        says,
        level,
        do,
        columns=("", "of", "failed", "of all", "share"),
        rows=tuple(rows),
        figures=figures,
    )


def sender(sender: list[list[Any]]) -> Part:
    stopped = [row for row in sender if row[0] is not None and row[0] > 0]
    if stopped:
        says = f"STOPPED for another {lasting(stopped[0][0])}: {stopped[0][2] or 'no reason given'}"
        do = "Meta refuses the token or the number: renew WHATSAPP_ACCESS_TOKEN, see the number's state in Meta's Business Manager."
        return Part("sender", "Sender", says, "bad", do, figures={"stopped": True, "slowed": False})
    if sender:
        return Part("sender", "Sender", f"slowed by Meta for another {lasting(sender[0][1])}", "look",
                    "The number's throughput is used up; it goes on by itself.", figures={"stopped": False, "slowed": True})  # fmt: skip
    return Part("sender", "Sender", "sends", figures={"stopped": False, "slowed": False})


def templates(found: Mapping[str, float], troubles: list[list[Any]]) -> Part:
    held = int(found["drugsng_outbox_held"])
    rows = tuple((kind, code, refused, lasting(ago), reason[:60]) for kind, code, refused, ago, reason in troubles)
    lately = any(row[3] < 86400 for row in troubles)
    do = (
        "`drugsng templates check` says which are not approved; a code below is explained in docs/templates.md." if lately else ""
    )
    says = f"{held} messages held for a closed window; {len(rows)} kinds of template refused in 7 days"
    figures = {"held": held, "refused_kinds": len(rows)}
    return Part("templates", "Closed windows and templates", says, "look" if lately else "ok", do,
                columns=("kind", "code", "times", "last", "reason"), rows=rows, figures=figures)  # fmt: skip


def reading(found: Mapping[str, float], done: Recent) -> Part:
    of = done.kinds["readings"]
    count, median, high = done.reading_s
    share = of.wrong_share(60)
    good = None if share is None else 1 - share
    level: Level = judged(1 - (good or 0), 0.2, 0.5) if good is not None and of.wrong[60] >= FAILED_LEAST else "ok"
    do = (
        "See the reasons in the console's queue (not read); are the files reachable (vault), is the machine out of memory?"
        if level != "ok"
        else ""
    )
    says = "none read in the last 60 minutes" if good is None else f"{good:.0%} of {of.good[60] + of.wrong[60]} could be read"
    says += f", half within {lasting(median)}, 95 % within {lasting(high)}" if count else ""
    figures = {"read": of.good[60], "failed": of.wrong[60], "success": good, "median_seconds": median, "p95_seconds": high}
    figures["waiting_not_read"] = found["drugsng_prescriptions_not_read"]
    return Part("reading", "Reading prescriptions (OCR)", says, level, do, figures=figures)


def money(found: Mapping[str, float], done: Recent, tasks: list[list[Any]]) -> Part:
    violations, refunds = int(found["drugsng_payment_violations"]), int(found["drugsng_refunds_failed"])
    open_tasks, attempts = int(found["drugsng_payment_tasks_open"]), done.kinds["attempts"]
    levels: list[Level] = ["bad" if violations > 0 else "ok", "look" if refunds or open_tasks else "ok"]
    failed_share = attempts.wrong_share(60)
    if failed_share is not None and attempts.wrong[60] >= 5:
        levels.append(judged(failed_share, 0.5, 0.8))
    do = ""
    if violations > 0:
        do = "Add the books up and see which orders: `drugsng payments books`."
    elif worst(levels) != "ok":
        do = "The console's money desk lists the tasks; `drugsng payments show NUMBER` tells an order's story."
    books = "not added up yet" if violations < 0 else f"{violations} contradictions"
    says = (
        f"{attempts.wrong[60]} payments failed in 60 minutes, {refunds} refunds failed, {open_tasks} tasks open, books: {books}"
    )
    figures = {
        "attempts_failed": attempts.wrong[60],
        "refunds_failed": refunds,
        "tasks_open": open_tasks,
        "violations": violations,
    }
    return Part("money", "Money", says, worst(levels), do, columns=("open tasks", "how many"),
                rows=tuple(tuple(row) for row in tasks), figures=figures)  # fmt: skip
