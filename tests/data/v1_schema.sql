-- The schema of version 1.x as pg_dump writes it.

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

-- Name: enum_appointments_status; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_appointments_status AS ENUM (
    'Scheduled',
    'Completed',
    'Cancelled'
);

-- Name: enum_diagnostic_bookings_paymentStatus; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public."enum_diagnostic_bookings_paymentStatus" AS ENUM (
    'Pending',
    'Paid',
    'Failed'
);

-- Name: enum_diagnostic_bookings_status; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_diagnostic_bookings_status AS ENUM (
    'Scheduled',
    'Completed',
    'Cancelled',
    'Pending'
);

-- Name: enum_orders_paymentMethod; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public."enum_orders_paymentMethod" AS ENUM (
    'Flutterwave',
    'Paystack',
    'Cash on Delivery'
);

-- Name: enum_orders_paymentStatus; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public."enum_orders_paymentStatus" AS ENUM (
    'Pending',
    'Paid',
    'Failed'
);

-- Name: enum_orders_status; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_orders_status AS ENUM (
    'Processing',
    'Shipped',
    'Delivered',
    'Cancelled'
);

-- Name: enum_otps_purpose; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_otps_purpose AS ENUM (
    'registration',
    'password_reset',
    'email_verification'
);

-- Name: enum_prescriptions_verificationStatus; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public."enum_prescriptions_verificationStatus" AS ENUM (
    'Pending',
    'Verified',
    'Rejected'
);

-- Name: enum_sessions_state; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_sessions_state AS ENUM (
    'NEW',
    'REGISTERING',
    'REGISTERED',
    'LOGGING_IN',
    'LOGGED_IN',
    'SUPPORT_CHAT'
);

-- Name: enum_support_teams_role; Type: TYPE; Schema: public; Owner: -

CREATE TYPE public.enum_support_teams_role AS ENUM (
    'general',
    'orders',
    'medical',
    'technical'
);

SET default_tablespace = '';

SET default_table_access_method = heap;

-- Name: appointments; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.appointments (
    id integer NOT NULL,
    "userId" integer NOT NULL,
    "doctorId" integer NOT NULL,
    "dateTime" timestamp with time zone NOT NULL,
    status public.enum_appointments_status DEFAULT 'Scheduled'::public.enum_appointments_status,
    notes text,
    "drugsngAppointmentId" character varying(255),
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: appointments_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.appointments_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: appointments_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.appointments_id_seq OWNED BY public.appointments.id;

-- Name: carts; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.carts (
    id integer NOT NULL,
    "userId" integer NOT NULL,
    "productId" integer NOT NULL,
    quantity integer DEFAULT 1 NOT NULL,
    price double precision NOT NULL,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: carts_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.carts_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: carts_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.carts_id_seq OWNED BY public.carts.id;

-- Name: diagnostic_bookings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.diagnostic_bookings (
    id integer NOT NULL,
    "userId" integer NOT NULL,
    "diagnosticTestId" integer NOT NULL,
    "sampleCollectionDate" timestamp with time zone NOT NULL,
    "sampleCollectionLocation" character varying(255) NOT NULL,
    status public.enum_diagnostic_bookings_status DEFAULT 'Pending'::public.enum_diagnostic_bookings_status,
    "totalAmount" double precision NOT NULL,
    "paymentStatus" public."enum_diagnostic_bookings_paymentStatus" DEFAULT 'Pending'::public."enum_diagnostic_bookings_paymentStatus",
    "paymentReference" character varying(255),
    notes text,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: diagnostic_bookings_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.diagnostic_bookings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: diagnostic_bookings_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.diagnostic_bookings_id_seq OWNED BY public.diagnostic_bookings.id;

-- Name: diagnostic_tests; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.diagnostic_tests (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    category character varying(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    "sampleType" character varying(255),
    "collectionTime" character varying(255),
    "resultTime" character varying(255),
    "labPartner" character varying(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: COLUMN diagnostic_tests."sampleType"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.diagnostic_tests."sampleType" IS 'e.g., Blood, Urine, Saliva';

-- Name: COLUMN diagnostic_tests."collectionTime"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.diagnostic_tests."collectionTime" IS 'e.g., 30 minutes, 1 hour';

-- Name: COLUMN diagnostic_tests."resultTime"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.diagnostic_tests."resultTime" IS 'e.g., 24 hours, 48 hours';

-- Name: COLUMN diagnostic_tests."labPartner"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.diagnostic_tests."labPartner" IS 'Name of the lab providing the test';

-- Name: diagnostic_tests_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.diagnostic_tests_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: diagnostic_tests_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.diagnostic_tests_id_seq OWNED BY public.diagnostic_tests.id;

-- Name: doctors; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.doctors (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    specialty character varying(255) NOT NULL,
    location character varying(255) NOT NULL,
    available boolean DEFAULT true,
    rating double precision DEFAULT '0'::double precision,
    "imageUrl" character varying(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: doctors_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.doctors_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: doctors_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.doctors_id_seq OWNED BY public.doctors.id;

-- Name: healthcare_products; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.healthcare_products (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    category character varying(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    stock integer DEFAULT 0,
    brand character varying(255),
    usage text,
    "imageUrl" character varying(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: COLUMN healthcare_products.category; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.healthcare_products.category IS 'e.g., First Aid, Medical Devices, Health Supplements';

-- Name: COLUMN healthcare_products.usage; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.healthcare_products.usage IS 'How to use the product';

-- Name: healthcare_products_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.healthcare_products_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: healthcare_products_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.healthcare_products_id_seq OWNED BY public.healthcare_products.id;

-- Name: order_items; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.order_items (
    id integer NOT NULL,
    "orderId" integer NOT NULL,
    "productId" integer NOT NULL,
    quantity integer NOT NULL,
    price double precision NOT NULL,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: order_items_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.order_items_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: order_items_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.order_items_id_seq OWNED BY public.order_items.id;

-- Name: orders; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.orders (
    id integer NOT NULL,
    "userId" integer NOT NULL,
    status public.enum_orders_status DEFAULT 'Processing'::public.enum_orders_status,
    "totalAmount" double precision NOT NULL,
    "paymentMethod" public."enum_orders_paymentMethod" NOT NULL,
    "paymentStatus" public."enum_orders_paymentStatus" DEFAULT 'Pending'::public."enum_orders_paymentStatus",
    "paymentReference" character varying(255),
    "shippingAddress" text NOT NULL,
    "orderDate" timestamp with time zone,
    "drugsngOrderId" character varying(255),
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: orders_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.orders_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: orders_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.orders_id_seq OWNED BY public.orders.id;

-- Name: otps; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.otps (
    id integer NOT NULL,
    email character varying(255) NOT NULL,
    code character varying(255) NOT NULL,
    purpose public.enum_otps_purpose DEFAULT 'email_verification'::public.enum_otps_purpose,
    "expiresAt" timestamp with time zone NOT NULL,
    "isUsed" boolean DEFAULT false,
    "usedAt" timestamp with time zone,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: otps_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.otps_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: otps_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.otps_id_seq OWNED BY public.otps.id;

-- Name: prescriptions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.prescriptions (
    id integer NOT NULL,
    "orderId" integer NOT NULL,
    "fileUrl" character varying(255) NOT NULL,
    "extractedText" text,
    "verificationStatus" public."enum_prescriptions_verificationStatus" DEFAULT 'Pending'::public."enum_prescriptions_verificationStatus",
    "pharmacistNotes" text,
    "verifiedBy" character varying(255),
    "verifiedAt" timestamp with time zone,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: COLUMN prescriptions."fileUrl"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.prescriptions."fileUrl" IS 'URL or path to the prescription file (PDF/Image)';

-- Name: COLUMN prescriptions."extractedText"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.prescriptions."extractedText" IS 'OCR extracted text from prescription';

-- Name: COLUMN prescriptions."verifiedBy"; Type: COMMENT; Schema: public; Owner: -

COMMENT ON COLUMN public.prescriptions."verifiedBy" IS 'Pharmacist name or ID';

-- Name: prescriptions_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.prescriptions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: prescriptions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.prescriptions_id_seq OWNED BY public.prescriptions.id;

-- Name: products; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.products (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    category character varying(255) NOT NULL,
    description text,
    price double precision NOT NULL,
    stock integer DEFAULT 0,
    "imageUrl" character varying(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: products_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.products_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: products_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.products_id_seq OWNED BY public.products.id;

-- Name: sessions; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.sessions (
    id integer NOT NULL,
    "phoneNumber" character varying(255) NOT NULL,
    state public.enum_sessions_state DEFAULT 'NEW'::public.enum_sessions_state,
    data jsonb DEFAULT '{}'::jsonb,
    "lastActivity" timestamp with time zone,
    "supportTeamId" integer,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: sessions_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.sessions_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: sessions_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.sessions_id_seq OWNED BY public.sessions.id;

-- Name: support_chats; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.support_chats (
    id integer NOT NULL,
    "customerPhoneNumber" character varying(255) NOT NULL,
    "supportTeamId" integer NOT NULL,
    message text NOT NULL,
    "isFromCustomer" boolean NOT NULL,
    "timestamp" timestamp with time zone,
    "isRead" boolean DEFAULT false,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: support_chats_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.support_chats_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: support_chats_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.support_chats_id_seq OWNED BY public.support_chats.id;

-- Name: support_ratings; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.support_ratings (
    id integer NOT NULL,
    "supportChatId" integer NOT NULL,
    "customerPhoneNumber" character varying(255) NOT NULL,
    "supportTeamId" integer NOT NULL,
    rating integer NOT NULL,
    feedback text,
    "ratedAt" timestamp with time zone,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: support_ratings_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.support_ratings_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: support_ratings_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.support_ratings_id_seq OWNED BY public.support_ratings.id;

-- Name: support_teams; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.support_teams (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    "phoneNumber" character varying(255) NOT NULL,
    role public.enum_support_teams_role NOT NULL,
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: support_teams_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.support_teams_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: support_teams_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.support_teams_id_seq OWNED BY public.support_teams.id;

-- Name: users; Type: TABLE; Schema: public; Owner: -

CREATE TABLE public.users (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    email character varying(255) NOT NULL,
    password character varying(255) NOT NULL,
    "phoneNumber" character varying(255) NOT NULL,
    "drugsngUserId" character varying(255),
    "drugsngToken" character varying(255),
    "isActive" boolean DEFAULT true,
    "createdAt" timestamp with time zone NOT NULL,
    "updatedAt" timestamp with time zone NOT NULL
);

-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: -

CREATE SEQUENCE public.users_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

-- Name: users_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -

ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;

-- Name: appointments id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.appointments ALTER COLUMN id SET DEFAULT nextval('public.appointments_id_seq'::regclass);

-- Name: carts id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.carts ALTER COLUMN id SET DEFAULT nextval('public.carts_id_seq'::regclass);

-- Name: diagnostic_bookings id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_bookings ALTER COLUMN id SET DEFAULT nextval('public.diagnostic_bookings_id_seq'::regclass);

-- Name: diagnostic_tests id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_tests ALTER COLUMN id SET DEFAULT nextval('public.diagnostic_tests_id_seq'::regclass);

-- Name: doctors id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.doctors ALTER COLUMN id SET DEFAULT nextval('public.doctors_id_seq'::regclass);

-- Name: healthcare_products id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.healthcare_products ALTER COLUMN id SET DEFAULT nextval('public.healthcare_products_id_seq'::regclass);

-- Name: order_items id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.order_items ALTER COLUMN id SET DEFAULT nextval('public.order_items_id_seq'::regclass);

-- Name: orders id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.orders ALTER COLUMN id SET DEFAULT nextval('public.orders_id_seq'::regclass);

-- Name: otps id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.otps ALTER COLUMN id SET DEFAULT nextval('public.otps_id_seq'::regclass);

-- Name: prescriptions id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.prescriptions ALTER COLUMN id SET DEFAULT nextval('public.prescriptions_id_seq'::regclass);

-- Name: products id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.products ALTER COLUMN id SET DEFAULT nextval('public.products_id_seq'::regclass);

-- Name: sessions id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions ALTER COLUMN id SET DEFAULT nextval('public.sessions_id_seq'::regclass);

-- Name: support_chats id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_chats ALTER COLUMN id SET DEFAULT nextval('public.support_chats_id_seq'::regclass);

-- Name: support_ratings id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_ratings ALTER COLUMN id SET DEFAULT nextval('public.support_ratings_id_seq'::regclass);

-- Name: support_teams id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_teams ALTER COLUMN id SET DEFAULT nextval('public.support_teams_id_seq'::regclass);

-- Name: users id; Type: DEFAULT; Schema: public; Owner: -

ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);

-- Name: appointments appointments_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT appointments_pkey PRIMARY KEY (id);

-- Name: carts carts_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT carts_pkey PRIMARY KEY (id);

-- Name: diagnostic_bookings diagnostic_bookings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_bookings
    ADD CONSTRAINT diagnostic_bookings_pkey PRIMARY KEY (id);

-- Name: diagnostic_tests diagnostic_tests_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_tests
    ADD CONSTRAINT diagnostic_tests_pkey PRIMARY KEY (id);

-- Name: doctors doctors_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.doctors
    ADD CONSTRAINT doctors_pkey PRIMARY KEY (id);

-- Name: healthcare_products healthcare_products_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.healthcare_products
    ADD CONSTRAINT healthcare_products_pkey PRIMARY KEY (id);

-- Name: order_items order_items_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT order_items_pkey PRIMARY KEY (id);

-- Name: orders orders_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_pkey PRIMARY KEY (id);

-- Name: otps otps_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.otps
    ADD CONSTRAINT otps_pkey PRIMARY KEY (id);

-- Name: prescriptions prescriptions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.prescriptions
    ADD CONSTRAINT prescriptions_pkey PRIMARY KEY (id);

-- Name: products products_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (id);

-- Name: sessions sessions_phoneNumber_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT "sessions_phoneNumber_key" UNIQUE ("phoneNumber");

-- Name: sessions sessions_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

-- Name: support_chats support_chats_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_chats
    ADD CONSTRAINT support_chats_pkey PRIMARY KEY (id);

-- Name: support_ratings support_ratings_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_ratings
    ADD CONSTRAINT support_ratings_pkey PRIMARY KEY (id);

-- Name: support_teams support_teams_phoneNumber_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_teams
    ADD CONSTRAINT "support_teams_phoneNumber_key" UNIQUE ("phoneNumber");

-- Name: support_teams support_teams_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_teams
    ADD CONSTRAINT support_teams_pkey PRIMARY KEY (id);

-- Name: users users_email_key; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);

-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

-- Name: otps_email_purpose; Type: INDEX; Schema: public; Owner: -

CREATE INDEX otps_email_purpose ON public.otps USING btree (email, purpose);

-- Name: appointments appointments_doctorId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT "appointments_doctorId_fkey" FOREIGN KEY ("doctorId") REFERENCES public.doctors(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: appointments appointments_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.appointments
    ADD CONSTRAINT "appointments_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: carts carts_productId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT "carts_productId_fkey" FOREIGN KEY ("productId") REFERENCES public.products(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: carts carts_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.carts
    ADD CONSTRAINT "carts_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: diagnostic_bookings diagnostic_bookings_diagnosticTestId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_bookings
    ADD CONSTRAINT "diagnostic_bookings_diagnosticTestId_fkey" FOREIGN KEY ("diagnosticTestId") REFERENCES public.diagnostic_tests(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: diagnostic_bookings diagnostic_bookings_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.diagnostic_bookings
    ADD CONSTRAINT "diagnostic_bookings_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: order_items order_items_orderId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT "order_items_orderId_fkey" FOREIGN KEY ("orderId") REFERENCES public.orders(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: order_items order_items_productId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.order_items
    ADD CONSTRAINT "order_items_productId_fkey" FOREIGN KEY ("productId") REFERENCES public.products(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: orders orders_userId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.orders
    ADD CONSTRAINT "orders_userId_fkey" FOREIGN KEY ("userId") REFERENCES public.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: prescriptions prescriptions_orderId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.prescriptions
    ADD CONSTRAINT "prescriptions_orderId_fkey" FOREIGN KEY ("orderId") REFERENCES public.orders(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- Name: sessions sessions_supportTeamId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT "sessions_supportTeamId_fkey" FOREIGN KEY ("supportTeamId") REFERENCES public.support_teams(id) ON UPDATE CASCADE ON DELETE SET NULL;

-- Name: support_chats support_chats_supportTeamId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_chats
    ADD CONSTRAINT "support_chats_supportTeamId_fkey" FOREIGN KEY ("supportTeamId") REFERENCES public.support_teams(id) ON UPDATE CASCADE;

-- Name: support_ratings support_ratings_supportTeamId_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -

ALTER TABLE ONLY public.support_ratings
    ADD CONSTRAINT "support_ratings_supportTeamId_fkey" FOREIGN KEY ("supportTeamId") REFERENCES public.support_teams(id) ON UPDATE CASCADE ON DELETE CASCADE;

-- PostgreSQL database dump complete

