# rotpipe: small filters that turn unlabelled images into a head start.
#
#   make            the programs, in build/
#   make check      every test         make demo     the whole workflow on Fashion-MNIST
#   make install    PREFIX, DESTDIR    make bench    speed, side by side with PyTorch
#
#   SAN=address | undefined | thread   a sanitizer build in a folder of its own
#                                      (SAN=1: address and undefined together)

VERSION = 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
CC ?= cc
CFLAGS ?= -O2 -g
WARNINGS = -std=c11 -Wall -Wextra -Werror
CPPFLAGS_ALL = -D_POSIX_C_SOURCE=200809L -Ilib -Icmd -DROTPIPE_VERSION='"$(VERSION)"' $(CPPFLAGS)
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
LIB_SRC = $(wildcard lib/*/*.c)
LIB_OBJ = $(LIB_SRC:%.c=$(BUILD)/obj/%.o)

# One kernel source, compiled for several instruction sets; the binary picks one when it starts.
# -ffp-contract=fast: a * b + c may become one fused multiply-add where the processor has it.
KERNEL_FLAGS = -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
MACHINE := $(shell $(CC) -dumpmachine)
VARIANTS = plain
ifneq ($(filter x86_64-% i686-%,$(MACHINE)),)
VARIANTS += avx2 avx512
endif
flags_plain =
flags_avx2 = -mavx2 -mfma
flags_avx512 = -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
KERNEL_SRC = $(wildcard lib/net/kernels/*.c)
KERNEL_OBJ = $(foreach v,$(VARIANTS),$(KERNEL_SRC:lib/%.c=$(BUILD)/obj/lib/%.$(v).o))

all: $(PROGRAMS)

$(BUILD)/%: $(BUILD)/obj/cmd/%.o $(BUILD)/librotpipe.a
	$(CC) $(CFLAGS_ALL) -Wl,--as-needed $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/librotpipe.a: $(LIB_OBJ) $(KERNEL_OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

define kernel_rule
$(BUILD)/obj/lib/net/kernels/%.$(1).o: lib/net/kernels/%.c Makefile
	@mkdir -p $$(@D)
	$$(CC) $$(CPPFLAGS_ALL) $$(CFLAGS_ALL) $$(KERNEL_FLAGS) $$(flags_$(1)) \
	    -DKERNEL_VARIANT=$(1) -MMD -MP -c -o $$@ $$<
endef
$(foreach v,$(VARIANTS),$(eval $(call kernel_rule,$(v))))

-include $(LIB_OBJ:.o=.d) $(KERNEL_OBJ:.o=.d) $(PROGRAMS:$(BUILD)/%=$(BUILD)/obj/cmd/%.d)

clean:
	rm -rf build build-*

.SECONDARY:
.PHONY: all clean
