"""libFuzzer targets, by the system's clang: gcc, which builds all else, has none."""

_FLAGS = [
    "-std=c++17",
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize-recover=undefined",
    "-I.",
    "-I$(GENDIR)",
]

# The shared objects of what third_party links statically.
_ABSL = [
    "-labsl_statusor",
    "-labsl_status",
    "-labsl_cord",
    "-labsl_str_format_internal",
    "-labsl_strings",
    "-labsl_strings_internal",
    "-labsl_raw_hash_set",
    "-labsl_hash",
    "-labsl_throw_delegate",
    "-labsl_raw_logging_internal",
    "-labsl_base",
]

def fuzz_target(name, src, sources, linkopts = [], seconds = 5):
    """Builds a fuzzer with sanitizers, and a test that runs it for some seconds.

    Makes two targets:
      <name>       the program; see its --help=1
      <name>_test  runs it

    Args:
      name: names the program.
      src: the file with LLVMFuzzerTestOneInput().
      sources: labels of all sources and headers that it needs, dependencies
        included: they are compiled anew, with the sanitizers.
      linkopts: the system's libraries besides Abseil.
      seconds: how long the test runs it.
    """
    native.genrule(
        name = name + "_program",
        srcs = [src] + sources,
        outs = [name],
        cmd = "/usr/bin/clang++ %s $$(printf '%%s\\n' $(SRCS) | grep '[.]cc$$') %s -o $@" % (
            " ".join(_FLAGS),
            " ".join(linkopts + _ABSL),
        ),
        executable = True,
        testonly = True,
    )
    native.sh_test(
        name = name + "_test",
        size = "small",
        srcs = [name],
        args = [
            "-max_total_time=%d" % seconds,
            "-max_len=200",
            "-print_final_stats=1",
        ],
    )
