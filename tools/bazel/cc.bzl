"""C++ libraries, programs and tests of this project, by the names of their files."""

load("//tools/bazel:copts.bzl", "L275_COPTS")

# Tests that load BPF programs, make network namespaces or need a capability. They
# cannot run in Bazel's sandbox, which takes these rights away and has /run/netns
# read-only.
#
#   bazel test //... --test_tag_filters=-root      all other tests
ROOT_TEST_TAGS = [
    "local",
    "root",
]

# All other C++ tests. tests/run.sh runs them with sanitizers, and only so.
_SANITIZED_TEST_TAGS = ["sanitize"]

def l275_test(
        name,
        srcs = None,
        size = "small",
        root = False,
        deps = [],
        **kwargs):
    """A GoogleTest program.

    Args:
      name: of the target.
      srcs: <name>.cc where nothing else is said.
      size: see Bazel's cc_test.
      root: whether it needs root.
      deps: libraries besides GoogleTest.
      **kwargs: as for cc_test.
    """
    native.cc_test(
        name = name,
        size = size,
        srcs = srcs or [name + ".cc"],
        copts = L275_COPTS,
        tags = ROOT_TEST_TAGS if root else _SANITIZED_TEST_TAGS,
        deps = deps + ["//third_party:gtest_main"],
        **kwargs
    )

def l275_library(
        name,
        srcs = None,
        hdrs = None,
        deps = [],
        test_deps = [],
        test_size = "small",
        test_data = [],
        root_test = False,
        **kwargs):
    """A library of <name>.h and <name>.cc, and its test where there is a <name>_test.cc.

    Args:
      name: of the target; the test is <name>_test.
      srcs: where they are other files than <name>.cc.
      hdrs: where they are other files than <name>.h.
      deps: libraries.
      test_deps: libraries that the test needs besides this one and GoogleTest.
      test_size: of the test, see Bazel's cc_test.
      test_data: files that the test reads.
      root_test: whether the test needs root.
      **kwargs: as for cc_library.
    """
    native.cc_library(
        name = name,
        srcs = native.glob([name + ".cc"]) if srcs == None else srcs,
        hdrs = native.glob([name + ".h"]) if hdrs == None else hdrs,
        copts = L275_COPTS,
        deps = deps,
        **kwargs
    )
    if native.glob([name + "_test.cc"]):
        l275_test(
            name = name + "_test",
            size = test_size,
            root = root_test,
            data = test_data,
            deps = [":" + name] + test_deps,
        )

def l275_binary(name, srcs = None, copts = [], **kwargs):
    """A program; its source is <name>.cc, if there is one, where nothing else is said."""
    native.cc_binary(
        name = name,
        srcs = native.glob([name + ".cc"]) if srcs == None else srcs,
        copts = L275_COPTS + copts,
        **kwargs
    )
