# Two commands for a newcomer: `make demo` and `make test`. The rest is for those who work here.
# Each command installs the Debian packages that are missing (packages.txt), as root or with sudo.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.PHONY: help deps configure page demo package deb install python test fuzz asan tsan odr bench release truth damage hours clean
CHAINS ?= 100000
TAPES ?= 10000
HOURS ?= 1000000
PREFIX ?= /usr/local

help:
	@echo "make demo    build; 30 January 2026 as published and simulated, claims, stress; pages in out/"
	@echo "make page    build the page of delever serve (Node.js, npm)"
	@echo "make deb     Debian packages in build/package/packages; make install PREFIX=/usr/local: without a package"
	@echo "make test    build and run every test (ctest, test preset: dev with whole modules compiled at once)"
	@echo "make python  the Python package in build/package/python, and its tests (docs/python.md)"
	@echo "make fuzz    each fuzz target for 10 s (clang, address and undefined-behaviour sanitizers)"
	@echo "make asan    the tests under address and undefined-behaviour sanitizers; make tsan: thread sanitizer"
	@echo "make odr     links every module at once under -Werror=odr: one name, one type"
	@echo "make truth   $(CHAINS) chains of changes to recordings, CHAINS=n; make damage: $(TAPES) damaged tapes under asan, TAPES=n"
	@echo "make hours   $(HOURS) hours of recorders in the simulated outside on both cores, HOURS=n (docs/recording.md)"
	@echo "make bench   the benchmarks, as ratios to a peer or a plain version"

deps:
	@missing=$$(for p in $$(grep -v '^#' packages.txt); do \
	    dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing:" $$missing; \
	  root=$$([ $$(id -u) = 0 ] || echo sudo); \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get -q update && \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $$missing; \
	fi

configure: deps
	@cmake --preset release > build-release.log 2>&1 || { cat build-release.log; rm -f build-release.log; exit 1; }
	@rm -f build-release.log

release: configure
	cmake --build --preset release --target delever

# The page of `delever serve`: Node.js and npm packages, which nothing else needs. Without them, or without a way to the npm
# registry, everything else works and the server says how to have the page; so this never fails the demo.
page:
	@if ! command -v npm >/dev/null; then \
	  root=$$([ $$(id -u) = 0 ] || echo sudo); \
	  $$root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends nodejs npm || true; \
	fi
	@if [ -f web/dist/index.html ] && [ -z "$$(find web/src web/index.html web/public web/package-lock.json -newer web/dist/index.html)" ]; then \
	  echo "the page is built: web/dist"; \
	elif (cd web && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build); then touch web/dist/index.html; \
	else echo "the page could not be built (npm, or its registry, is not to be had); the rest works without it"; fi

# The demo first, by a program that is the demo alone; then the rest of what a third of the compiling goes into; the page last:
# what it needs takes longer to install than everything that the demo shows.
demo: configure
	cmake --build --preset release --target delever_demo
	./build/release/delever_demo demo
	@echo "the rest of delever (record, serve, rehearsal ...) and the page are built now"
	cmake --build --preset release --target delever
	@$(MAKE) --no-print-directory page
	@echo "the page: the line \"delever serve\" above, with ./build/release/delever, then http://127.0.0.1:8420/"

# One build for the packages, the Python module, pip and make install.
package: deps
	cmake --preset package
	cmake --build --preset package

deb: page package
	ctest --test-dir build/package -L package --output-on-failure
	cd build/package && rm -rf packages && cpack
	@ls -l build/package/packages/*.deb

install: page package
	cmake --install build/package --component delever --prefix $(abspath $(PREFIX))

test: deps
	cmake --preset test
	cmake --build --preset test
	ctest --preset test -j2

python: package
	ctest --test-dir build/package -R '^python$$' --output-on-failure

fuzz: deps
	cmake --preset fuzz
	cmake --build --preset fuzz --target fuzzers
	ctest --preset fuzz -j2

asan tsan: deps
	cmake --preset $@
	cmake --build --preset $@
	ctest --preset $@ -j2

odr: deps
	cmake --preset odr
	cmake --build --preset odr --target odr_check

truth: deps
	cmake --preset release
	cmake --build --preset release --target truth_test
	DELEVER_TRUTH_CHAINS=$(CHAINS) DELEVER_TRUTH_TAPE_CHAINS=$$(($(CHAINS) / 100)) ./build/release/src/truth_test

damage: deps
	cmake --preset asan
	cmake --build --preset asan --target cli_test
	DELEVER_DAMAGE_TAPES=$(TAPES) ./build/asan/src/cli_test --gtest_filter='Damage.*'

hours: deps
	cmake --preset test
	cmake --build --preset test --target outside_test
	tools/outside_hours.py --hours $(HOURS)

bench: deps
	cmake --preset bench
	cmake --build --preset bench --target benches
	@for b in build/bench/src/*_bench; do echo "== $$b"; $$b; done

clean:
	rm -rf build
