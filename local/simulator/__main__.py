"""`python -m local.simulator`: a fake WhatsApp and a phone in the browser."""

from __future__ import annotations

from local.simulator.program import PROGRAM

if __name__ == "__main__":
    PROGRAM.main()
