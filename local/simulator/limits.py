"""Every limit of a send, as constants. Read on 2026-11-22 in Meta's documentation under
developers.facebook.com/documentation/business-messaging/whatsapp/ (page named per group).

Lengths are counted in UTF-16 units: Meta does not say which unit it means, and this is the strictest reading.
"""

from __future__ import annotations

# messages/text-messages
TEXT_BODY = 4096
# messages/image-messages, video-messages, document-messages (audio and stickers take no caption)
CAPTION = 1024
FILENAME = 240
# messages/interactive-reply-buttons-messages
BUTTONS_MIN, BUTTONS_MAX = 1, 3
BUTTON_TITLE = 20
BUTTON_ID = 256
INTERACTIVE_BODY = 1024
HEADER_TEXT = 60
FOOTER_TEXT = 60
# messages/interactive-list-messages
LIST_BODY = 4096
LIST_BUTTON = 20
LIST_SECTIONS = 10
LIST_ROWS_TOTAL = 10
SECTION_TITLE = 24
ROW_ID = 200
ROW_TITLE = 24
ROW_DESCRIPTION = 72
# messages/interactive-cta-url-messages
CTA_LABEL = 20
# flows/guides/sendingaflow (30 in the practice of two libraries)
FLOW_CTA = 30
# messages/contacts-messages
CONTACTS = 257
# messages/reaction-messages
REACTION_DAYS = 30
# messages/mark-messages-as-read, typing-indicators
READ_DAYS = 30
TYPING_S = 25.0
# templates/overview
TEMPLATE_NAME = 512
TEMPLATE_TEXT = 1024
TEMPLATE_BUTTON_TEXT = 25
# webhooks/reference/messages/status
CALLBACK_DATA = 512
# about-the-platform#rate-limits, throughput
THROUGHPUT_PER_S = 80
PAIR_BURST = 45
PAIR_INTERVAL_S = 6.0
# messages/send-messages#customer-service-windows
WINDOW_S = 24 * 3600.0
# webhooks/overview
WEBHOOK_UPDATES = 1000
WEBHOOK_BYTES = 3 * 1024 * 1024
# business-phone-numbers/media
MEDIA_URL_S = 300.0
MEDIA_BYTES = {
    "audio": 16 * 1024 * 1024,
    "document": 100 * 1024 * 1024,
    "image": 5 * 1024 * 1024,
    "sticker": 500 * 1024,
    "video": 16 * 1024 * 1024,
}
MEDIA_TYPES = {
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "text/plain": "document",
    "application/pdf": "document",
    "application/msword": "document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "document",
    "application/vnd.ms-excel": "document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "document",
    "application/vnd.ms-powerpoint": "document",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "document",
    "image/jpeg": "image",
    "image/png": "image",
    "image/webp": "sticker",
    "video/mp4": "video",
    "video/3gpp": "video",
}
# business-scoped-user-ids
BSUID = r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}"


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
