# BSD make stops at the next line and prints it; to GNU make it is a target that nothing asks for.
.error : This Makefile needs GNU make 4.0 or newer, on many systems called gmake.

# rotpipe: small filters that turn unlabelled images into a head start.
#
#   make             the programs, in build/
#   make check       every test; installs what the tests need and is missing, where it may
#   make check-all   the same, with every cut, bit and fault tried that make check takes samples of,
#                    under valgrind, once more under each sanitizer, and check-builds; takes an hour
#   make check-builds   tests of builds by other compilers, flags and C libraries, and for Arm
#   make lint        only the style of sources, scripts and manual pages
#   make demo        the whole workflow on Fashion-MNIST
#   make bench       speed, side by side with PyTorch; make bench-nets: that of several nets
#   make fuzz T=60   every fuzz target in turn, T seconds in all (default 60); needs clang
#   make install     what is built to $(DESTDIR)$(PREFIX); make uninstall removes it again
#   make dist        rotpipe-VERSION.tar.gz
#   make clean
#
#   SAN=address | undefined | thread   a sanitizer build in a folder of its own
#                                      (SAN=1: address and undefined together)
#   BUILD=folder                       another folder than build/
#   JPEG=                              img2rts reads PNG only, and libjpeg is not needed
#   WERROR=1                           warnings are errors, as in make check

ifneq ($(filter 2.% 3.%,$(MAKE_VERSION)),)
$(error This Makefile needs GNU make 4.0 or newer: this is $(MAKE_VERSION))
endif

VERSION = 0.2.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CFLAGS ?= -O2 -g
WERROR =

# img2rts reads JPEG where libjpeg is there to build it with; `make JPEG=` does without.
JPEG := $(shell printf '\043include <stdio.h>\n\043include <jpeglib.h>\n' | \
    $(CC) $(CPPFLAGS) $(CFLAGS) -fsyntax-only -x c - 2>/dev/null && echo -ljpeg)
LIBS = -lpng $(JPEG) -lz -lm -pthread

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

# An argument of a shell command, whatever is in it.
quote = '$(subst ','\'',$1)'

# make takes a name with a blank for several, in a target or prerequisite: only what stands in
# commands may have some. (The first word of a path that begins with a blank is the second here.)
ifneq ($(words x$(BUILD)x),1)
$(error BUILD: '$(BUILD)' has a blank in it, which make cannot handle)
endif
ifeq ($(BUILD),)
$(error BUILD: the name of a folder is needed)
endif

# make install installs what is there: the settings that nobody gives with it are those of the build,
# and one that is given must be the same.
SETTINGS = CC CPPFLAGS CFLAGS LDFLAGS LIBS
built = $(shell sed -n 's/^$1=//p' $(BUILD)/flags)
define keep_setting
ifeq ($$(filter command environment,$$(origin $1)),)
$1 := $$(call built,$1)
else ifneq ($$(strip $$($1)),$$(strip $$(call built,$1)))
$$(error $$(BUILD)/ was built with $1='$$(call built,$1)', not '$$($1)': leave $1 out, or run make with it first)
endif
endef
ifeq ($(filter install,$(MAKECMDGOALS))$(filter-out install,$(MAKECMDGOALS)),install)
ifneq ($(wildcard $(BUILD)/flags),)
$(foreach s,$(SETTINGS),$(eval $(call keep_setting,$s)))
endif
endif

# Results are the same bytes whatever the compiler and its flags are: -Ofast is -O3 here, and what is
# rounded together is written in the kernels.
OPTIMIZED = $(patsubst -Ofast,-O3,$(filter-out -ffast-math -funsafe-math-optimizations,$(CFLAGS)))
FLOAT_FLAGS = -fno-fast-math -ffp-contract=off
WARNINGS = -std=c11 -Wall -Wextra
STRICT = $(if $(WERROR),-Werror)
CPPFLAGS_ALL = -D_POSIX_C_SOURCE=200809L -Ilib -DROTPIPE_VERSION='"$(VERSION)"' \
    $(if $(JPEG),-DROTPIPE_JPEG) $(CPPFLAGS)
COMMON_FLAGS = $(WARNINGS) $(OPTIMIZED) $(FLOAT_FLAGS) -pthread
CFLAGS_ALL = $(COMMON_FLAGS) $(SANFLAGS)
LINK = $(CC) $(CFLAGS_ALL) -Wl,--as-needed $(LDFLAGS)

PROGRAMS = $(patsubst cmd/%.c,$(BUILD)/%,$(wildcard cmd/*.c))
SCRIPTS = $(patsubst cmd/%.sh,$(BUILD)/%,$(wildcard cmd/*.sh))
LIB_SRC = $(wildcard lib/*/*.c lib/*/layers/*.c lib/*/kinds/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

# One kernel or layer source, compiled for several instruction sets, of which the compiler's macros say the
# names; the binary picks one when it starts. Vectors only pass through functions that are inlined,
# which no change of the ABI concerns.
# With the thread sanitizer gcc 12 makes wrong code of sparse.c at -O3: it reads beyond its lists.
KERNEL_FLAGS = $(if $(filter thread,$(SAN)),-O2,-O3) -fno-math-errno -fno-trapping-math $(FLOAT_FLAGS) \
    -Wno-psabi
flags_avx2 = -mavx2 -mfma
flags_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
PROBE := $(shell printf '\043include "base/variants.h"\nEACH_VARIANT(, )\n' | \
    $(CC) $(CPPFLAGS_ALL) $(CFLAGS) -x c -E -P - 2>&1 | tr '(),' '   ')
VARIANTS := $(or $(filter plain avx2 avx512 neon,$(PROBE)),plain)
KERNEL_SRC = $(wildcard lib/*/kernels/*.c lib/*/layers/*.c)
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
FUZZ_FLAGS = CC='$(FUZZ_CC)' SAN=fuzzer-no-link,address,undefined BUILD=build-fuzz \
    KERNEL_FLAGS='-O1 -fno-sanitize=undefined -fno-math-errno -fno-trapping-math $(FLOAT_FLAGS)'
T = 60

# Quoted where they are used: there may be blanks in them. Only programs are stripped by
# INSTALL='install -s'.
MAN_PAGES = $(wildcard man/man?/*.?)
BINDIR = $(call quote,$(DESTDIR)$(PREFIX)/bin)
MANDIR = $(call quote,$(DESTDIR)$(PREFIX)/share/man)
INSTALL ?= install
INSTALL_PROGRAM = $(INSTALL)
INSTALL_SCRIPT = $(filter-out -s --strip,$(INSTALL))
INSTALL_DATA = $(INSTALL_SCRIPT) -m 644
INSTALL_FOLDER = $(INSTALL_SCRIPT) -d

# A make in the make: on all processors, unless the user has said how many.
PARALLEL = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 1))

all: $(PROGRAMS) $(SCRIPTS)

unit: $(UNIT_TESTS) $(REPLAYS) $(FAULT_DRIVERS) $(FAULT_LIBRARIES)

# A script is a program with the version in it; $(BUILD)/flags changes with the version.
$(SCRIPTS): $(BUILD)/%: cmd/%.sh $(BUILD)/flags
	sed 's/@VERSION@/$(VERSION)/' $< > $@
	chmod +x $@

$(BUILD)/%: $(BUILD)/obj/cmd/%.o $(BUILD)/librotpipe.a
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/tests/%: $(BUILD)/obj/tests/unit/%.o $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

$(FAULT_DRIVERS): $(BUILD)/tests/%: $(BUILD)/obj/tests/fault/%.o $(BUILD)/obj/tests/fault/child.o
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ -lz

# Preloaded, they come before any sanitizer and carry none.
$(FAULT_LIBRARIES): $(BUILD)/tests/%.so: tests/fault/%.c tests/fault/plan.c tests/fault/plan.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(STRICT) $(COMMON_FLAGS) -fPIC -shared -o $@ $(filter %.c,$^) -ldl

$(BUILD)/tests/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o \
    $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS)

$(BUILD)/fuzz/%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/librotpipe.a
	@mkdir -p $(@D)
	$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(FUZZ_STREAMS:%=$(BUILD)/fuzz/%): $(BUILD)/obj/tests/fuzz/mutate_stream.o
$(BUILD)/fuzz/input: $(BUILD)/obj/tests/fuzz/mutate_gzip.o

$(BUILD)/librotpipe.a: $(LIB_OBJ) $(KERNEL_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(STRICT) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define kernel_rule
$(BUILD)/obj/lib/%.$(1).o: lib/%.c $(BUILD)/flags
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS_ALL) $$(STRICT) $$(CFLAGS_ALL) $$(KERNEL_FLAGS) $$(flags_$(1)) \
	    -DKERNEL_VARIANT=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(VARIANTS),$(eval $(call kernel_rule,$(v))))

# What everything here was built with, line by line; if it is not what it would be built with now, it
# is built again. Objects that were compiled with -Werror serve without it, too.
FIXED := $(strip $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(KERNEL_FLAGS) $(foreach v,$(VARIANTS),$v $(flags_$v)))
RECORD := $(strip $(foreach s,$(SETTINGS),$s=$(strip $($s))) all=$(FIXED))
RECORDED := $(strip $(shell cat $(BUILD)/flags 2>/dev/null))
ifneq ($(RECORDED),$(RECORD) -Werror)
ifneq ($(RECORDED),$(RECORD)$(addprefix $() ,$(STRICT)))
$(BUILD)/flags: FORCE
endif
endif
$(BUILD)/flags:
	$(if $(findstring 64-bit little-endian,$(PROBE)),$(error rotpipe needs a 64-bit little-endian \
	    processor, and '$(CC) $(CFLAGS)' compiles for another))
	@mkdir -p $(@D)
	@printf '%s\n' $(foreach s,$(SETTINGS),$(call quote,$s=$(strip $($s)))) \
	    $(call quote,all=$(FIXED)$(addprefix $() ,$(STRICT))) > $@

-include $(LIB_OBJ:.o=.d) $(KERNEL_OBJ:.o=.d) $(PROGRAMS:$(BUILD)/%=$(BUILD)/obj/cmd/%.d) \
    $(UNIT_TESTS:$(BUILD)/tests/%=$(BUILD)/obj/tests/unit/%.d) \
    $(wildcard $(BUILD)/obj/tests/fault/*.d) $(FUZZ_OBJ:.o=.d)

# A make in the make whose warnings are errors, unless the user has said (WERROR=).
STRICTLY = $(PARALLEL) --no-print-directory $(if $(filter file,$(origin WERROR)),WERROR=1)

check:
	@tests/setup
	@$(MAKE) $(STRICTLY) all unit
	@ROTPIPE_BUILD=$(BUILD) tests/run

# Each sanitizer in its own build; the sampled tests are enough there.
check-all:
	@tests/setup all
	@$(MAKE) $(STRICTLY) all unit
	@ROTPIPE_ALL=1 ROTPIPE_BUILD=$(BUILD) tests/run
	@for san in address undefined thread; do \
	    echo "SAN=$$san:"; $(MAKE) --no-print-directory SAN=$$san check || exit 1; done
	@tests/builds

check-builds:
	@tests/setup builds
	@tests/builds

lint:
	@tests/lint

# From the example's folder BUILD is elsewhere.
demo:
	@tests/setup demo
	@$(MAKE) $(PARALLEL) --no-print-directory all
	@$(MAKE) --no-print-directory -C examples/fashion-mnist \
	    BIN=$(if $(filter /%,$(BUILD)),,../../)$(BUILD)

bench: all unit
	@ROTPIPE_BUILD=$(BUILD) tests/bench/run

bench-nets: all unit
	@ROTPIPE_BUILD=$(BUILD) tests/bench/nets

# The same findings whatever CC and SAN are: the fuzzers have a build of their own.
fuzz:
	@tests/fuzz/run check '$(FUZZ_CC)'
	@$(MAKE) $(PARALLEL) --no-print-directory $(FUZZ_FLAGS) fuzzers
	@tests/fuzz/run $(T) $(FUZZ_TARGETS)

fuzzers: $(FUZZERS)

install: all
	$(INSTALL_FOLDER) $(BINDIR) $(foreach d,$(sort $(dir $(MAN_PAGES))),$(MANDIR)/$(d:man/%=%))
	$(INSTALL_PROGRAM) $(PROGRAMS) $(BINDIR)
	$(INSTALL_SCRIPT) $(SCRIPTS) $(BINDIR)
	for page in $(MAN_PAGES:man/%=%); do \
	    $(INSTALL_DATA) man/$$page $(MANDIR)/$$page || exit 1; done

uninstall:
	for name in $(notdir $(PROGRAMS) $(SCRIPTS)); do rm -f $(BINDIR)/$$name || exit 1; done
	for page in $(MAN_PAGES:man/%=%); do rm -f $(MANDIR)/$$page || exit 1; done

# The files that git tracks, with what is in them now; without git, every file but those that make
# has made. If they cannot be listed or one cannot be read, there is no archive.
DIST = rotpipe-$(VERSION)
TARBALL = $(DIST).tar.gz
dist:
	@set -e; to=$(call quote,$(TARBALL)); trap 'rm -f "$$to.list" "$$to.tar" "$$to.part"' EXIT; \
	if [ -e .git ]; then git ls-files -z; else find . -type f ! -path './build*' \
	    ! -path './examples/*/out*' ! -name '$(DIST).tar.gz*' -print0; fi > "$$to.list"; \
	[ -s "$$to.list" ] || { echo 'make dist: git tracks no files here' >&2; exit 1; }; \
	LC_ALL=C sort -z -o "$$to.list" "$$to.list"; \
	tar -c --owner=0 --group=0 --numeric-owner --transform 's,^\(\./\)*,$(DIST)/,' \
	    --null -T "$$to.list" -f "$$to.tar"; \
	gzip -n < "$$to.tar" > "$$to.part"; mv "$$to.part" "$$to"

clean:
	rm -rf build build-* rotpipe-*.tar.gz

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all unit check check-all check-builds lint demo bench bench-nets fuzz fuzzers install uninstall dist clean FORCE
