"""`python -m local.providers`: a fake Paystack and a fake Flutterwave."""

from __future__ import annotations

from local.providers.program import PROGRAM

if __name__ == "__main__":
    PROGRAM.main()
