# One image for every process; docker-compose.yml and the Procfile say which one it runs.
FROM python:3.13-slim-trixie AS build
WORKDIR /build
COPY requirements-production.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements-production.lock

FROM python:3.13-slim-trixie
# pg_dump refuses a server newer than itself, and Debian's is a version behind: the client tools come from PostgreSQL's own packages,
# whose key and source Debian's postgresql-common brings. The same major version as the server in docker-compose.yml; older ones work too.
ARG POSTGRES=18
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates postgresql-common tesseract-ocr \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install -y --no-install-recommends postgresql-client-${POSTGRES} \
    && test -x /usr/lib/postgresql/${POSTGRES}/bin/pg_dump \
    && rm -rf /var/lib/apt/lists/* && useradd --uid 10001 --create-home --shell /usr/sbin/nologin drugsng \
    && install -d -o drugsng -g drugsng -m 700 /data/media
COPY --from=build /venv /venv
WORKDIR /app
COPY settings.py cli.py Procfile ./
COPY web web
COPY worker worker
COPY models models
COPY migrations migrations
COPY jobs jobs
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 OMP_THREAD_LIMIT=1 LOG_DIR= MIGRATION_LOG=off
USER drugsng
EXPOSE 8000
CMD ["python", "-m", "cli", "--help"]
