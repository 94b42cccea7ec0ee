from models.readings import *  # noqa
from models.readings import _known as _known, dumps as dumps, loads as loads
