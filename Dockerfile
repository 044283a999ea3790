# The gateway in an image of its own: the program, the certificates it trusts others by, and a folder for its data. There is
# no shell and no user but 10001. No architecture is named: the static program is one of the machine that builds it.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /build
ENV RUSTFLAGS="-C target-feature=+crt-static"
# The dependencies come first, so that a change of the program does not build them again. Benches, examples and tests are left
# out: their files are not here.
COPY Cargo.toml Cargo.lock ./
RUN sed -i '/^\[\[/,/^$/d' Cargo.toml \
 && mkdir src \
 && echo '//! Nothing yet.' > src/lib.rs \
 && printf '//! Nothing yet.\nfn main() {}\n' > src/main.rs \
 && cargo build --release --locked --target "$(rustc --print host-tuple)"
COPY src src
RUN touch src/lib.rs src/main.rs \
 && cargo build --release --locked --target "$(rustc --print host-tuple)" \
 && mkdir -p /image/etc /image/data \
 && cp target/*/release/taskgate /image/taskgate \
 && echo 'taskgate:x:10001:10001::/data:/sbin/nologin' > /image/etc/passwd \
 && echo 'taskgate:x:10001:' > /image/etc/group

FROM scratch
LABEL org.opencontainers.image.title="taskgate" \
      org.opencontainers.image.description="An MCP gateway that hands AI agents the right next task off their team's board" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/taskgate/taskgate"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /image/etc /etc
COPY --from=build --chown=10001:10001 /image/data /data
COPY --from=build /image/taskgate /usr/local/bin/
# `PORT`, which platforms set, decides the port; without it that is 8080.
ENV PATH=/usr/local/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    MCP_HOST=0.0.0.0 \
    TASKGATE_DATA_DIR=/data \
    TASKGATE_COMMAND="docker exec CONTAINER taskgate"
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=5s --retries=3 CMD ["taskgate", "healthcheck"]
ENTRYPOINT ["taskgate"]
