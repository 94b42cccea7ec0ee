"""What WhatsApp accepts, as constants. Lengths count UTF-16 units: Meta does not say what it counts, and these are never fewer.

Pages under developers.facebook.com/documentation/business-messaging/whatsapp/, read 22 November 2026.
"""

from __future__ import annotations

# messages/text-messages
TEXT_BODY = 4096

# messages/image-messages, messages/document-messages
CAPTION = 1024
FILENAME = 240  # not given by Meta; what file systems take

# messages/interactive-reply-buttons-messages. That titles must differ is practice, not documentation.
BUTTONS_COUNT = 3
BUTTONS_TITLE = 20
BUTTONS_ID = 256
BUTTONS_BODY = 1024

# messages/interactive-list-messages. Meta allows a body of 4096; 1024 is what every implementation accepts.
LIST_BUTTON = 20
LIST_BODY = 1024
LIST_SECTIONS = 10
LIST_ROWS = 10  # over all sections together
LIST_SECTION_TITLE = 24
LIST_ROW_ID = 200
LIST_ROW_TITLE = 24
LIST_ROW_DESCRIPTION = 72

# all interactive messages
HEADER_TEXT = 60
FOOTER = 60

# messages/interactive-cta-url-messages
LINK_LABEL = 20
LINK_BODY = 1024
URL = 2000  # templates/components gives it for buttons; kept for every link

# messages/location-request-messages
ASK_LOCATION_BODY = 1024

# templates/overview, templates/components
TEMPLATE_NAME = 512
TEMPLATE_BODY = 1024

# messages/send-messages: echoed in each status of that message
CALLBACK = 512

# business-phone-numbers/media
MEDIA_URL_LIFE_S = 300
UPLOAD_MAX_BYTES = {
    "audio": 16 * 1024 * 1024,
    "document": 100 * 1024 * 1024,
    "image": 5 * 1024 * 1024,
    "sticker": 512_000,
    "video": 16 * 1024 * 1024,
}

# throughput: sent and received together, one business phone number
NUMBER_PER_SECOND = 80

# about-the-platform#rate-limits: one customer of one number
PAIR_INTERVAL_S = 6.0
PAIR_BURST = 45


def units(text: str) -> int:
    """The length in UTF-16 units: an emoji counts two."""
    return len(text) if text.isascii() else len(text) + sum(1 for c in text if c > "\uffff")
