# syntax=docker/dockerfile:1
# A server for a team: `docker compose up`, once there is a token. docs/http.md says how people are let in.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY memory memory
COPY server server
# All that is needed comes as wheels: nothing is compiled, and nothing but the lock's versions is taken.
RUN python -m venv /opt/sensorium \
    && /opt/sensorium/bin/pip install --no-cache-dir --only-binary :all: --constraint requirements.lock hatchling \
    && /opt/sensorium/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/sensorium/bin/pip uninstall --yes hatchling \
    && /opt/sensorium/bin/pip install --no-cache-dir --only-binary :all: --constraint requirements.lock /wheel/*.whl \
    && /opt/sensorium/bin/pip uninstall --yes pip

FROM python:${PYTHON}-slim
LABEL org.opencontainers.image.title="Sensorium" \
      org.opencontainers.image.description="One memory for everything an agent reads, sees and hears: an MCP server" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin sensorium \
    && install --directory --owner sensorium --group sensorium --mode 0700 /data
COPY --from=build /opt/sensorium /opt/sensorium
ENV PATH=/opt/sensorium/bin:$PATH \
    SENSORIUM_HOME=/data \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
VOLUME /data
EXPOSE 8000
# The process answers; whether the memory is open is told by /readyz.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["sensorium"]
# Behind a proxy, say what clients call it: docker run … serve --http … --public-url https://memory.example.org
CMD ["serve", "--http", "--host", "0.0.0.0", "--port", "8000", "--public-url", "http://127.0.0.1:8000"]
