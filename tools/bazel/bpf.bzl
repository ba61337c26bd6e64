"""BPF objects and their libbpf skeletons, by the system's clang and bpftool."""

_CFLAGS = [
    "-target bpf",
    "-mcpu=v3",
    "-O2",
    "-g",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-std=gnu11",
    # asm/types.h is in the host's multiarch folder.
    "-idirafter /usr/include/$$(uname -m)-linux-gnu",
    "-I.",
]

def bpf_program(name, src, hdrs = [], visibility = None):
    """Compiles a BPF program and generates its skeleton.

    Makes two targets:
      <name>.bpf.o   the object file, DWARF stripped, BTF kept
      <name>_skel    a cc_library with <name>.skel.h, see bpftool-gen(8)

    Args:
      name: names the skeleton's struct and functions.
      src: the C file.
      hdrs: headers (files or filegroups) that it includes, by paths from the
        workspace's root.
      visibility: as everywhere.
    """
    obj = name + ".bpf.o"
    native.genrule(
        name = name + "_object",
        srcs = [src] + hdrs,
        outs = [obj],
        cmd = " && ".join([
            "/usr/bin/clang " + " ".join(_CFLAGS) + " -c $(location %s) -o $(@D)/%s.dwarf.o" % (src, name),
            "/usr/sbin/bpftool gen object $@ $(@D)/%s.dwarf.o" % name,
        ]),
        visibility = visibility,
    )
    native.genrule(
        name = name + "_skeleton",
        srcs = [obj],
        outs = [name + ".skel.h"],
        cmd = "/usr/sbin/bpftool gen skeleton $(location %s) name %s > $@" % (obj, name),
    )
    native.cc_library(
        name = name + "_skel",
        hdrs = [name + ".skel.h"],
        visibility = visibility,
        deps = ["//third_party:libbpf"],
    )
