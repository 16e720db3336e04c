# rotpipe: small filters that turn unlabelled images into a head start.
#
#   make             the programs, in build/
#   make check       every test; installs what the tests need and is missing, where it may
#   make check-all   the same, with every cut, bit and fault tried that make check takes samples of,
#                    under valgrind, and once more under each sanitizer; takes an hour
#   make lint        only the style of sources, scripts and manual pages
#   make demo        the whole workflow on Fashion-MNIST
#   make bench       speed, side by side with PyTorch
#   make fuzz T=60   every fuzz target in turn, T seconds in all (default 60); needs clang
#   make install     to $(DESTDIR)$(PREFIX); make uninstall takes it away again
#   make dist        rotpipe-VERSION.tar.gz
#   make clean
#
#   SAN=address | undefined | thread   a sanitizer build in a folder of its own
#                                      (SAN=1: address and undefined together)
#   BUILD=folder                       another folder than build/

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -std=c11 -Wall -Wextra -Werror
CPPFLAGS_ALL = -D_POSIX_C_SOURCE=200809L -Ilib -DROTPIPE_VERSION='"$(VERSION)"' $(CPPFLAGS)
LIBS = -lpng -lz -lm -pthread

# The address sanitizer is what SAN=1 adds to the undefined-behaviour one.
san_1 = address,undefined
SANITIZERS = $(or $(san_$(SAN)),$(SAN))
ifneq ($(SAN),)
BUILD ?= build-$(SAN)
SANFLAGS = -fsanitize=$(SANITIZERS) -fno-sanitize-recover=all -fno-omit-frame-pointer
else
BUILD ?= build
SANFLAGS =
endif
CFLAGS_ALL = $(WARNINGS) $(CFLAGS) $(SANFLAGS) -pthread

PROGRAMS = $(patsubst cmd/%.c,$(BUILD)/%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst cmd/%.sh,$(BUILD)/%,$(wildcard cmd/*.sh))
LIB_SRC = $(wildcard lib/*/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

# One kernel source, compiled for several instruction sets; the binary picks one when it starts.
# -ffp-contract=fast: a * b + c may become one fused multiply-add where the processor has it.
# With the thread sanitizer gcc 12 makes wrong code of sparse.c at -O3: it reads beyond its lists.
KERNEL_FLAGS = $(if $(filter thread,$(SAN)),-O2,-O3) -fno-math-errno -fno-trapping-math \
    -ffp-contract=fast
MACHINE := $(shell $(CC) -dumpmachine)
VARIANTS = plain
ifneq ($(filter x86_64-% i686-%,$(MACHINE)),)
VARIANTS += avx2 avx512
endif
flags_plain =
flags_avx2 = -mavx2 -mfma
flags_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
KERNEL_SRC = $(wildcard lib/*/kernels/*.c)
KERNEL_OBJ = $(foreach v,$(VARIANTS),$(KERNEL_SRC:lib/%.c=$(BUILD)/obj/lib/%.$(v).o))

# Unit tests: tests/unit/test_NAME.c is a program.
UNIT_TESTS = $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

# What breaks programs and files on purpose; for Linux alone.
ifeq ($(shell uname -s),Linux)
FAULT_DRIVERS = $(addprefix $(BUILD)/tests/,damage faults limits)
FAULT_LIBRARIES = $(addprefix $(BUILD)/tests/,inject_memory.so inject_calls.so)
endif
# Fuzz targets: tests/fuzz/fuzz_NAME.c is a program, with replay.c for `make check` and with
# libFuzzer for `make fuzz`, where some have a mutator that knows their format.
FUZZ_TARGETS = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS = $(FUZZ_TARGETS:%=$(BUILD)/tests/fuzz_%)
FUZZERS = $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
FUZZ_OBJ = $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/*.c))
FUZZ_STREAMS = stream summary examples dataset points model state
FUZZ_CC = clang
# Kernels with UBSan in them take minutes each to compile; ASan is what finds a wrong index.
FUZZ_FLAGS = CC='$(FUZZ_CC)' SAN=fuzzer-no-link,address,undefined BUILD=$(abspath build-fuzz) \
    KERNEL_FLAGS='-O1 -fno-sanitize=undefined -fno-math-errno -fno-trapping-math -ffp-contract=fast'
T = 60

MAN_PAGES = $(wildcard man/man?/*.?)
BINDIR = $(DESTDIR)$(PREFIX)/bin
MANDIR = $(DESTDIR)$(PREFIX)/share/man
INSTALL ?= install

# A make in the make: on all processors, unless the user has said how many.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

all: $(PROGRAMS) $(SCRIPTS)

unit: $(UNIT_TESTS) $(REPLAYS) $(FAULT_DRIVERS) $(FAULT_LIBRARIES)

# A script is a program with the version in it; $(BUILD)/flags changes with the version.
$(SCRIPTS): $(BUILD)/%: cmd/%.sh $(BUILD)/flags
	sed 's/@VERSION@/$(VERSION)/' $< > $@
	chmod +x $@

$(BUILD)/%: $(BUILD)/obj/cmd/%.o $(BUILD)/librotpipe.a
	$(CC) $(CFLAGS_ALL) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

$(FAULT_DRIVERS): $(BUILD)/tests/%: $(BUILD)/obj/tests/fault/%.o $(BUILD)/obj/tests/fault/child.o
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS) -o $@ $^ -lz

# Preloaded, they come before any sanitizer and carry none.
$(FAULT_LIBRARIES): $(BUILD)/tests/%.so: tests/fault/%.c tests/fault/plan.c tests/fault/plan.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl
$(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o \
    $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -fsanitize=fuzzer -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

$(FUZZ_STREAMS:%=$(BUILD)/fuzz/%): $(BUILD)/obj/tests/fuzz/mutate_stream.o
$(BUILD)/fuzz/input: $(BUILD)/obj/tests/fuzz/mutate_gzip.o

$(BUILD)/librotpipe.a: $(LIB_OBJ) $(KERNEL_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define kernel_rule
$(BUILD)/obj/lib/%.$(1).o: lib/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS_ALL) $$(CFLAGS_ALL) $$(KERNEL_FLAGS) $$(flags_$(1)) \
	    -DKERNEL_VARIANT=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(VARIANTS),$(eval $(call kernel_rule,$(v))))

# Changes when the flags do, and everything is built again.
FLAGS := $(strip $(subst ',,$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(LDFLAGS) $(KERNEL_FLAGS) \
    $(foreach v,$(VARIANTS),$(flags_$(v)))))
ifneq ($(FLAGS),$(file <$(BUILD)/flags))
$(BUILD)/flags: FORCE
endif
$(BUILD)/flags:
	@mkdir -p $(@D)
	@echo '$(FLAGS)' > $@

-include $(LIB_OBJ:.o=.d) $(KERNEL_OBJ:.o=.d) $(PROGRAMS:$(BUILD)/%=$(BUILD)/obj/cmd/%.d) \
    $(UNIT_TESTS:$(BUILD)/tests/%=$(BUILD)/obj/tests/unit/%.d) \
    $(wildcard $(BUILD)/obj/tests/fault/*.d) $(FUZZ_OBJ:.o=.d)

check:
	@tests/setup
	@$(MAKE) $(PARALLEL) --no-print-directory all unit
	@ROTPIPE_BUILD=$(abspath $(BUILD)) tests/run

# Each sanitizer in its own build; the sampled tests are enough there.
check-all:
	@tests/setup all
	@$(MAKE) $(PARALLEL) --no-print-directory all unit
	@ROTPIPE_ALL=1 ROTPIPE_BUILD=$(abspath $(BUILD)) tests/run
	@for san in address undefined thread; do \
	    echo "SAN=$$san:"; $(MAKE) --no-print-directory SAN=$$san check || exit 1; done

lint:
	@tests/lint

demo:
	@tests/setup demo
	@$(MAKE) $(PARALLEL) --no-print-directory all
	@$(MAKE) --no-print-directory -C examples/fashion-mnist BIN=$(abspath $(BUILD))

bench: all
	@ROTPIPE_BUILD=$(abspath $(BUILD)) tests/bench/run

# The same findings whatever CC and SAN are: the fuzzers have a build of their own.
fuzz:
	@tests/fuzz/run check '$(FUZZ_CC)'
	@$(MAKE) $(PARALLEL) --no-print-directory $(FUZZ_FLAGS) fuzzers
	@tests/fuzz/run $(T) $(FUZZ_TARGETS)

fuzzers: $(FUZZERS)

# INSTALL='install -s' strips programs; nothing else can be stripped.
INSTALL_TEXT = $(filter-out -s --strip,$(INSTALL))
install: all
	mkdir -p $(BINDIR) $(patsubst man/%,$(MANDIR)/%,$(sort $(dir $(MAN_PAGES))))
	$(INSTALL) $(PROGRAMS) $(BINDIR)
	$(INSTALL_TEXT) $(SCRIPTS) $(BINDIR)
	for page in $(MAN_PAGES:man/%=%); do \
	    $(INSTALL_TEXT) -m 644 man/$$page $(MANDIR)/$$page || exit 1; done

uninstall:
	rm -f $(PROGRAMS:$(BUILD)/%=$(BINDIR)/%) $(SCRIPTS:$(BUILD)/%=$(BINDIR)/%) $(MAN_PAGES:man/%=$(MANDIR)/%)

# What git tracks, as it stands here; without git, everything but what make has made.
DIST = rotpipe-$(VERSION)
TARBALL = $(DIST).tar.gz
dist:
	if [ -e .git ]; then git ls-files; else find . -type f ! -path './build*' \
	    ! -path './examples/*/out*' ! -name '$(DIST).tar.gz' | cut -c 3-; fi | LC_ALL=C sort | \
	    tar -c --owner=0 --group=0 --numeric-owner --transform 's,^,$(DIST)/,' -T - | \
	    gzip -n > $(TARBALL)

clean:
	rm -rf build build-* rotpipe-*.tar.gz

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all unit check check-all lint demo bench fuzz fuzzers install uninstall dist clean FORCE
