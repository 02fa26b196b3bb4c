# What one can do here. `make` alone lists it.

CARGO ?= cargo
MUSIC ?=
SITE  ?= demo/site
PORT  ?= 8080
TOOLS := tests/tools/install

.DEFAULT_GOAL := help
.PHONY: help build check test unit-test web-test browser-test soak soak-playing soak-working processor-test slurm-example bench demo demo-library golden clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

build: ## build the program: target/release/segue
	@$(TOOLS) --check build
	$(CARGO) build --release

check: ## format, lints, docs
	@$(TOOLS) build
	$(CARGO) fmt --check
	$(CARGO) clippy --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --no-deps --document-private-items

test: ## all tests, after installing what is missing
	@$(TOOLS) build test
	$(MAKE) unit-test web-test browser-test

unit-test: # unit and integration tests
	$(CARGO) test

web-test: # the page's types and its pure modules
	tests/tools/web-test

browser-test: # the page and other players, in a headless browser
	tests/tools/browser-test

soak: ## what takes longer than `make test` may
	@$(TOOLS) build test soak
	$(MAKE) --jobs=2 --output-sync=target soak-playing soak-working

soak-playing: # an hour of music, in the time that the rest takes
	SEGUE_SOAK=1 tests/tools/browser-test ./memory.test.js

soak-working: # what keeps the processor busy
	SEGUE_SOAK=1 $(CARGO) test --release --test integration -- --ignored --nocapture --test-threads=1
	tests/tools/fuzz
	$(MAKE) processor-test
	$(MAKE) slurm-example

slurm-example: # examples/slurm, on a cluster of one node that is made for it
	tests/tools/slurm-example

# Mastered PCM is the same whatever instructions the compiler may use.
processor-test:
	for processor in x86-64 x86-64-v3 x86-64-v4; do \
	    if [ $$processor = x86-64-v4 ] && ! grep -q avx512vl /proc/cpuinfo; then \
	        echo "SKIPPED: $$processor: this processor has no AVX-512" >&2; continue; \
	    fi; \
	    RUSTFLAGS="-C target-cpu=$$processor" $(CARGO) test --target-dir target/processors/$$processor \
	        --test integration golden_mastered_pcm || exit 1; \
	done

bench: ## how fast it is, in ratios
	@$(TOOLS) build bench
	$(CARGO) bench --bench speed
	tests/tools/browser-bench

demo: ## build; render MUSIC=dir (or a small library made for it); host the site
	@$(TOOLS) --check build
	$(CARGO) build --release
	@if [ -z "$(MUSIC)" ]; then $(MAKE) --no-print-directory demo-library; fi
	target/release/segue render "$(if $(MUSIC),$(MUSIC),demo/library)" -o "$(SITE)"
	@echo
	@target/release/segue serve "$(SITE)" --library "$(if $(MUSIC),$(MUSIC),demo/library)" --bind 127.0.0.1:$(PORT)

demo-library: # a small library that an example program synthesises
	@test -d demo/library || $(CARGO) run --release --example synthesize_library -- demo/library

golden: ## accept what the golden tests print as right
	SEGUE_GOLDEN=accept $(CARGO) test --test integration golden

clean: ## remove what was built and rendered
	$(CARGO) clean
	rm -rf demo
