"""`drugsng chat` in the terminal: what it shows, and what a replay answers."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from local.chat import chat, talk

KEPT = Path(__file__).parent / "transcripts" / "02_first_message_is_a_command.txt"


def test_a_talk_shows_what_the_bot_says_and_taps_find_their_button() -> None:
    lines = list(talk(["find paracetamol", "[tap: 2. Panadol]", "[tap: Add to cart]", "2"], "Ada Obi"))

    assert "~ add_to_cart ref=m2 quantity=2" in lines


def test_a_line_that_cannot_be_read_says_so_and_the_talk_goes_on() -> None:
    lines = list(talk(["( the moon rises )", "[location here]", '[image caption="open]', "menu"]))

    assert [line[0] for line in lines[:3]] == ["?", "?", "?"]
    assert any("1 Search medicines" in line for line in lines)


def test_piped_lines_are_talked_through() -> None:
    done = CliRunner().invoke(chat, ["--name", "Ada Obi"], input="hi\n")

    assert done.exit_code == 0
    assert "Hello Ada" in done.output


def test_a_replay_of_a_kept_transcript_finds_no_difference() -> None:
    done = CliRunner().invoke(chat, ["--replay", str(KEPT)])

    assert (done.exit_code, "1 of 1 as kept" in done.output) == (0, True)


def test_a_replay_shows_the_lines_that_differ(tmp_path: Path) -> None:
    changed = tmp_path / "changed.txt"
    changed.write_text(KEPT.read_text(encoding="utf-8").replace("₦2,600", "₦1"), encoding="utf-8")

    done = CliRunner().invoke(chat, ["--replay", str(changed)])

    assert done.exit_code == 1
    assert "₦2,600" in done.output
