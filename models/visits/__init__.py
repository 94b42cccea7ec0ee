"""Doctors, lab tests, free times, and what customers book: every verb under one name, each in the module of its trade.

A verb may be called like the module it stands in (`days`, `calendar`): here it is always the verb. What staff say about time is in
`agenda`, what they see in `desk` and `results`.
"""

from models.visits.booking import book, book_test
from models.visits.calendar import calendar
from models.visits.cancelling import cancel
from models.visits.days import admit, days, nearest, test_days
from models.visits.doctors import doctor
from models.visits.finding import find, places, specialties
from models.visits.lab_tests import test, test_categories, tests
from models.visits.listing import visit, visits
from models.visits.moving import reschedule
from models.visits.timetables import use_zone

__all__ = [
    "admit",
    "book",
    "book_test",
    "calendar",
    "cancel",
    "days",
    "doctor",
    "find",
    "nearest",
    "places",
    "reschedule",
    "specialties",
    "test",
    "test_categories",
    "test_days",
    "tests",
    "use_zone",
    "visit",
    "visits",
]
