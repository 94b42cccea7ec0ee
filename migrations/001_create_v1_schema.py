"""The schema of version 1.x, exactly as its object mapper made it: types, defaults, names and their case included.

A database of the old system already is this, and is recorded as such instead of being made again (`models.migrating`);
therefore nothing here may be tidied up: the wrong things (money as double precision, status columns that allow NULL,
no index on any foreign key, support_ratings without a foreign key to its chat) are changed by later steps or not at all.

Names are unqualified on purpose: the same text is run in a scratch schema to learn what version 1.x looks like.
Rolling back removes the tables, so it refuses while they hold rows unless `drugsng.drop_data` is set to `yes`.
"""

TABLES = (  # in the order they can be made: what is referred to comes first
    "users",
    "products",
    "doctors",
    "diagnostic_tests",
    "healthcare_products",
    "support_teams",
    "otps",
    "orders",
    "order_items",
    "prescriptions",
    "sessions",
    "appointments",
    "carts",
    "support_chats",
    "support_ratings",
    "diagnostic_bookings",
)

ENUMS = {
    "enum_appointments_status": ("Scheduled", "Completed", "Cancelled"),
    "enum_diagnostic_bookings_paymentStatus": ("Pending", "Paid", "Failed"),
    "enum_diagnostic_bookings_status": ("Scheduled", "Completed", "Cancelled", "Pending"),
    "enum_orders_paymentMethod": ("Flutterwave", "Paystack", "Cash on Delivery"),
    "enum_orders_paymentStatus": ("Pending", "Paid", "Failed"),
    "enum_orders_status": ("Processing", "Shipped", "Delivered", "Cancelled"),
    "enum_otps_purpose": ("registration", "password_reset", "email_verification"),
    "enum_prescriptions_verificationStatus": ("Pending", "Verified", "Rejected"),
    "enum_sessions_state": ("NEW", "REGISTERING", "REGISTERED", "LOGGING_IN", "LOGGED_IN", "SUPPORT_CHAT"),
    "enum_support_teams_role": ("general", "orders", "medical", "technical"),
}

PEOPLE_AND_GOODS = """
CREATE TABLE users (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL UNIQUE,
    password varchar(255) NOT NULL,
    "phoneNumber" varchar(255) NOT NULL,
    "drugsngUserId" varchar(255),
    "drugsngToken" varchar(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE products (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    category varchar(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    stock integer DEFAULT 0,
    "imageUrl" varchar(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE doctors (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    specialty varchar(255) NOT NULL,
    location varchar(255) NOT NULL,
    available boolean DEFAULT true,
    rating double precision DEFAULT '0'::double precision,
    "imageUrl" varchar(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE diagnostic_tests (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    category varchar(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    "sampleType" varchar(255),
    "collectionTime" varchar(255),
    "resultTime" varchar(255),
    "labPartner" varchar(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);
COMMENT ON COLUMN diagnostic_tests."sampleType" IS 'e.g., Blood, Urine, Saliva';
COMMENT ON COLUMN diagnostic_tests."collectionTime" IS 'e.g., 30 minutes, 1 hour';
COMMENT ON COLUMN diagnostic_tests."resultTime" IS 'e.g., 24 hours, 48 hours';
COMMENT ON COLUMN diagnostic_tests."labPartner" IS 'Name of the lab providing the test';

CREATE TABLE healthcare_products (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    category varchar(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    stock integer DEFAULT 0,
    brand varchar(255),
    usage text,
    "imageUrl" varchar(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);
COMMENT ON COLUMN healthcare_products.category IS 'e.g., First Aid, Medical Devices, Health Supplements';
COMMENT ON COLUMN healthcare_products.usage IS 'How to use the product';

CREATE TABLE support_teams (
    id serial PRIMARY KEY,
    name varchar(255) NOT NULL,
    "phoneNumber" varchar(255) NOT NULL UNIQUE,
    role enum_support_teams_role NOT NULL,
    "isActive" boolean DEFAULT true,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE otps (
    id serial PRIMARY KEY,
    email varchar(255) NOT NULL,
    code varchar(255) NOT NULL,
    purpose enum_otps_purpose DEFAULT 'email_verification',
    "expiresAt" timestamptz NOT NULL,
    "isUsed" boolean DEFAULT false,
    "usedAt" timestamptz,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);
CREATE INDEX otps_email_purpose ON otps (email, purpose);
"""

ORDERS_AND_TALK = """
CREATE TABLE orders (
    id serial PRIMARY KEY,
    "userId" integer NOT NULL REFERENCES users ON UPDATE CASCADE ON DELETE CASCADE,
    status enum_orders_status DEFAULT 'Processing',
    "totalAmount" double precision NOT NULL,
    "paymentMethod" "enum_orders_paymentMethod" NOT NULL,
    "paymentStatus" "enum_orders_paymentStatus" DEFAULT 'Pending',
    "paymentReference" varchar(255),
    "shippingAddress" text NOT NULL,
    "orderDate" timestamptz,
    "drugsngOrderId" varchar(255),
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE order_items (
    id serial PRIMARY KEY,
    "orderId" integer NOT NULL REFERENCES orders ON UPDATE CASCADE ON DELETE CASCADE,
    "productId" integer NOT NULL REFERENCES products ON UPDATE CASCADE ON DELETE CASCADE,
    quantity integer NOT NULL,
    price double precision NOT NULL,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE prescriptions (
    id serial PRIMARY KEY,
    "orderId" integer NOT NULL REFERENCES orders ON UPDATE CASCADE ON DELETE CASCADE,
    "fileUrl" varchar(255) NOT NULL,
    "extractedText" text,
    "verificationStatus" "enum_prescriptions_verificationStatus" DEFAULT 'Pending',
    "pharmacistNotes" text,
    "verifiedBy" varchar(255),
    "verifiedAt" timestamptz,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);
COMMENT ON COLUMN prescriptions."fileUrl" IS 'URL or path to the prescription file (PDF/Image)';
COMMENT ON COLUMN prescriptions."extractedText" IS 'OCR extracted text from prescription';
COMMENT ON COLUMN prescriptions."verifiedBy" IS 'Pharmacist name or ID';

CREATE TABLE sessions (
    id serial PRIMARY KEY,
    "phoneNumber" varchar(255) NOT NULL UNIQUE,
    state enum_sessions_state DEFAULT 'NEW',
    data jsonb DEFAULT '{}',
    "lastActivity" timestamptz,
    "supportTeamId" integer REFERENCES support_teams ON UPDATE CASCADE ON DELETE SET NULL,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE appointments (
    id serial PRIMARY KEY,
    "userId" integer NOT NULL REFERENCES users ON UPDATE CASCADE ON DELETE CASCADE,
    "doctorId" integer NOT NULL REFERENCES doctors ON UPDATE CASCADE ON DELETE CASCADE,
    "dateTime" timestamptz NOT NULL,
    status enum_appointments_status DEFAULT 'Scheduled',
    notes text,
    "drugsngAppointmentId" varchar(255),
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE carts (
    id serial PRIMARY KEY,
    "userId" integer NOT NULL REFERENCES users ON UPDATE CASCADE ON DELETE CASCADE,
    "productId" integer NOT NULL REFERENCES products ON UPDATE CASCADE ON DELETE CASCADE,
    quantity integer DEFAULT 1 NOT NULL,
    price double precision NOT NULL,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE support_chats (
    id serial PRIMARY KEY,
    "customerPhoneNumber" varchar(255) NOT NULL,
    "supportTeamId" integer NOT NULL REFERENCES support_teams ON UPDATE CASCADE,
    message text NOT NULL,
    "isFromCustomer" boolean NOT NULL,
    "timestamp" timestamptz,
    "isRead" boolean DEFAULT false,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE support_ratings (
    id serial PRIMARY KEY,
    "supportChatId" integer NOT NULL,
    "customerPhoneNumber" varchar(255) NOT NULL,
    "supportTeamId" integer NOT NULL REFERENCES support_teams ON UPDATE CASCADE ON DELETE CASCADE,
    rating integer NOT NULL,
    feedback text,
    "ratedAt" timestamptz,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);

CREATE TABLE diagnostic_bookings (
    id serial PRIMARY KEY,
    "userId" integer NOT NULL REFERENCES users ON UPDATE CASCADE ON DELETE CASCADE,
    "diagnosticTestId" integer NOT NULL REFERENCES diagnostic_tests ON UPDATE CASCADE ON DELETE CASCADE,
    "sampleCollectionDate" timestamptz NOT NULL,
    "sampleCollectionLocation" varchar(255) NOT NULL,
    status enum_diagnostic_bookings_status DEFAULT 'Pending',
    "totalAmount" double precision NOT NULL,
    "paymentStatus" "enum_diagnostic_bookings_paymentStatus" DEFAULT 'Pending',
    "paymentReference" varchar(255),
    notes text,
    "createdAt" timestamptz NOT NULL,
    "updatedAt" timestamptz NOT NULL
);
"""

REFUSE_WHILE_ROWS = """
DO $$
DECLARE
    held text;
    rows_there boolean;
BEGIN
    IF current_setting('drugsng.drop_data', true) = 'yes' THEN
        RETURN;
    END IF;
    FOREACH held IN ARRAY ARRAY[{tables}] LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %%I)', held) INTO rows_there;
        IF rows_there THEN
            RAISE EXCEPTION 'the table %% still holds rows, and rolling back the first step would remove them', held
                USING ERRCODE = 'DN001';
        END IF;
    END LOOP;
END $$
"""


def _create_enum(name: str, values: tuple[str, ...]) -> str:
    return f'CREATE TYPE "{name}" AS ENUM ({", ".join(repr(value) for value in values)})'


def migrate(migrator, database, *, fake=False):
    for name, values in ENUMS.items():
        migrator.sql(_create_enum(name, values))
    migrator.sql(PEOPLE_AND_GOODS)
    migrator.sql(ORDERS_AND_TALK)


def rollback(migrator, database, *, fake=False):
    migrator.sql(REFUSE_WHILE_ROWS.format(tables=", ".join(f"'{table}'" for table in TABLES)))
    for table in reversed(TABLES):
        migrator.sql(f"DROP TABLE {table}")
    for name in ENUMS:
        migrator.sql(f'DROP TYPE "{name}"')
