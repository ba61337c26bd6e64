"""C++ code from .proto files, by the system's protoc.

Bazel's own proto_library needs rules that would have to be downloaded.
"""

def l275_cc_proto_library(name, src, visibility = None):
    """Compiles one .proto file to a C++ library.

    Args:
      name: the library; include it as "<package>/<file>.pb.h".
      src: the .proto file, of this package.
      visibility: as everywhere.
    """
    stem = src[:-len(".proto")]
    native.genrule(
        name = name + "_protoc",
        srcs = [src],
        outs = [stem + ".pb.h", stem + ".pb.cc"],
        cmd = "/usr/bin/protoc --cpp_out=$(GENDIR) -I. $(SRCS)",
    )
    native.cc_library(
        name = name,
        srcs = [stem + ".pb.cc"],
        hdrs = [stem + ".pb.h"],
        visibility = visibility,
        deps = ["//third_party:protobuf"],
    )
