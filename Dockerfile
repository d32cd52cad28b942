# The hub. Build: docker build -t certhub .   Run: see docker-compose.yml.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/certhub \
 && /opt/certhub/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md requirements.in ./
COPY src ./src
RUN /opt/certhub/bin/pip install --no-cache-dir --disable-pip-version-check --no-build-isolation --no-deps .

FROM python:3.11.14-slim-bookworm
# A named volume takes the owner of the folder it is mounted over: compose shares /credentials.
RUN useradd --system --uid 10001 --home-dir /var/lib/certhub --create-home certhub \
 && install -d -o certhub -g certhub -m 0700 /credentials
COPY --from=build /opt/certhub /opt/certhub
ENV PATH=/opt/certhub/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CERTHUB_HOME=/var/lib/certhub \
    CERTHUB_HOST=0.0.0.0 \
    CERTHUB_PORT=8080
USER certhub
VOLUME /var/lib/certhub
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=6 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
CMD ["certhub", "serve"]
