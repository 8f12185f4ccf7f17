# flashkvd: build, run, test, install. `make run` and `make test` do everything on a fresh Debian
# machine with a Swift toolchain: scripts/install-dependencies brings what is missing.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= /lib/systemd/system
DESTDIR ?=
BENCH ?=

SERVER = .build/release/flashkvd
BUILD_RELEASE = swift build -c release --static-swift-stdlib --product flashkvd

.PHONY: help run build test test-unit test-asan test-integration test-differential bench \
	format lint install uninstall clean dependencies dependencies-test

help:
	@echo 'make run                 build, then serve 127.0.0.1:6379'
	@echo 'make build               build the release server: $(SERVER)'
	@echo 'make test                lint, unit, sanitizer, integration and differential tests'
	@echo 'make test-unit|test-asan|test-integration|test-differential   one part of them'
	@echo 'make bench               compare with redis-server and Valkey on this machine'
	@echo '                         (BENCH=memory, BENCH="stalls --tiny", ...: Benchmarks/README.md)'
	@echo 'make format|lint         rewrite the Swift files in the house format, or check them'
	@echo 'make install             into $$DESTDIR$$PREFIX, with unit, configuration and man page'
	@echo 'make uninstall           the reverse; the configuration file stays'
	@echo 'make clean               remove what was built'

dependencies:
	@scripts/install-dependencies build-only

dependencies-test:
	@scripts/install-dependencies test

build: dependencies
	$(BUILD_RELEASE)

run: build
	exec $(SERVER) --bind 127.0.0.1 --port 6379

test: dependencies-test
	@scripts/test

test-unit: dependencies-test
	@scripts/test unit

test-asan: dependencies-test
	@scripts/test asan

test-integration: dependencies-test
	@scripts/test release integration

test-differential: dependencies-test
	@scripts/test release differential

bench: dependencies-test
	$(BUILD_RELEASE)
	PATH="$(CURDIR)/.build-venv/bin:$$PATH" Benchmarks/run $(BENCH)

format:
	swift format format --in-place --parallel --recursive Sources Tests Package.swift

lint:
	swift format lint --strict --parallel --recursive Sources Tests Package.swift

# The server must be built already when DESTDIR is a packager's tree, so only build when it is not
# there: `make build && sudo make install` then compiles nothing as root.
install:
	@test -x $(SERVER) || $(MAKE) build
	install -D -m 755 $(SERVER) $(DESTDIR)$(PREFIX)/bin/flashkvd
	install -D -m 644 packaging/flashkvd.1 $(DESTDIR)$(PREFIX)/share/man/man1/flashkvd.1
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@PREFIX@|$(PREFIX)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' packaging/flashkvd.service \
		>$(DESTDIR)$(UNITDIR)/flashkvd.service
	chmod 644 $(DESTDIR)$(UNITDIR)/flashkvd.service
	@if [ -e $(DESTDIR)$(SYSCONFDIR)/flashkvd/flashkvd.conf ]; then \
		echo 'keeping $(DESTDIR)$(SYSCONFDIR)/flashkvd/flashkvd.conf'; \
	else \
		install -D -m 640 packaging/flashkvd.conf \
			$(DESTDIR)$(SYSCONFDIR)/flashkvd/flashkvd.conf; \
	fi

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/flashkvd
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/flashkvd.1
	rm -f $(DESTDIR)$(UNITDIR)/flashkvd.service

clean:
	rm -rf .build .build-asan .build-logs
