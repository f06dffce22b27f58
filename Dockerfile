# One process of the site. compose.yaml puts PostgreSQL and Caddy beside it; docs/deploying.md says how.
FROM python:3.11-slim-bookworm

# pg_dump and pg_restore, for backups of PostgreSQL.
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /nonexistent tincup \
    && install -d -o tincup -g tincup -m 0700 /data

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY . ./
# All that would be written at the start is written now, so that the root may be read-only. The key is of no use later.
RUN SECRET_KEY=only-for-collecting-static-files-0123456789 DEBUG=true python -m project.prepare static \
    && python -m compileall -q /app

ENV PYTHONUNBUFFERED=1 DATABASE_URL=sqlite:////data/tincup.sqlite3 PORT=8000
USER tincup
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/readyz', timeout=4)"]
CMD ["sh", "-c", "python -m project.prepare && exec python -m project.serve"]
