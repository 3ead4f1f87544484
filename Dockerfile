# Builds the one binary, then puts it alone into a small image. The pages are inside the binary.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /src
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY web web
COPY config config
# The benches are named in Cargo.toml, so their files have to be there to read it.
COPY tests/bench tests/bench
RUN cargo build --release --locked --bin buzzwall

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl && rm -rf /var/lib/apt/lists/* \
  && useradd --uid 10001 --user-group --home-dir /data --create-home buzzwall
COPY --from=build /src/target/release/buzzwall /usr/local/bin/buzzwall
USER buzzwall
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["curl", "-fsS", "http://127.0.0.1:8080/readyz"]
# A buzzwall.toml in /data is read; the journals lie in /data/data.
ENTRYPOINT ["buzzwall"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
