# The gRPC server as an image. It is built from wheels, because inside a hospital's network no package index
# can be reached. Make them where one can be, on Linux with the Python of the base image:
#
#     pip wheel --wheel-dir dist '.[cpu,postgres]'
#     docker build --tag jlac-mapper .
#
FROM python:3.11-slim AS build
COPY dist /dist
RUN python -m venv /opt/jlac-mapper \
    && /opt/jlac-mapper/bin/pip install --no-cache-dir --no-index --find-links /dist 'jlac-mapper[cpu,postgres]'

FROM python:3.11-slim
COPY --from=build /opt/jlac-mapper /opt/jlac-mapper
# A user without rights; the folder is theirs, so that a fresh named volume is, too.
RUN useradd --system --uid 10001 --home-dir /var/lib/jlac-mapper --create-home --shell /usr/sbin/nologin jlac
ENV PATH="/opt/jlac-mapper/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    JLAC_MAPPER_DATABASE_URL="sqlite:////var/lib/jlac-mapper/jlac-mapper.sqlite3"
USER 10001
WORKDIR /var/lib/jlac-mapper
VOLUME /var/lib/jlac-mapper
EXPOSE 50051
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["jlac-mapper", "health", "--timeout", "5"]
ENTRYPOINT ["jlac-mapper"]
CMD ["serve", "--host", "0.0.0.0"]
