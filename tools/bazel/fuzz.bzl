"""libFuzzer targets, by the system's clang: gcc, which builds all else, has none.

What the target and its dependencies are made of is compiled anew by clang, with
libFuzzer's instrumentation and the sanitizers.
"""

_FLAGS = [
    "-std=gnu++17",
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=fuzzer,address,undefined",
    "-fno-sanitize-recover=undefined",
    "-isystem/usr/include/libnl3",
]

_Parts = provider(
    doc = "What a library and its dependencies are made of.",
    fields = {
        "sources": "depset of .cc files",
        "linkopts": "depset of tuples of linker options, dependents first",
    },
)

def _parts_impl(_target, ctx):
    deps = [dep[_Parts] for dep in getattr(ctx.rule.attr, "deps", []) if _Parts in dep]
    sources = [f for f in getattr(ctx.rule.files, "srcs", []) if f.extension == "cc"]
    return [_Parts(
        sources = depset(sources, transitive = [dep.sources for dep in deps]),
        linkopts = depset(
            [tuple(getattr(ctx.rule.attr, "linkopts", []))],
            transitive = [dep.linkopts for dep in deps],
            order = "topological",
        ),
    )]

_parts = aspect(implementation = _parts_impl, attr_aspects = ["deps"])

def _fuzz_program_impl(ctx):
    parts = [dep[_Parts] for dep in ctx.attr.deps]
    headers = depset(transitive = [dep[CcInfo].compilation_context.headers for dep in ctx.attr.deps])
    sources = depset([ctx.file.src], transitive = [part.sources for part in parts])
    linkopts = depset(transitive = [part.linkopts for part in parts], order = "topological")
    program = ctx.actions.declare_file(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add_all(_FLAGS)
    for folder in [".", ctx.genfiles_dir.path, ctx.bin_dir.path]:
        arguments.add("-iquote", folder)
    arguments.add_all(sources)
    arguments.add("-o", program)
    for options in linkopts.to_list():
        arguments.add_all(options)
    ctx.actions.run(
        executable = "/usr/bin/clang++",
        arguments = [arguments],
        inputs = depset(transitive = [sources, headers]),
        outputs = [program],
        mnemonic = "FuzzProgram",
    )
    return [DefaultInfo(executable = program, files = depset([program]))]

_fuzz_program = rule(
    implementation = _fuzz_program_impl,
    attrs = {
        "src": attr.label(allow_single_file = [".cc"]),
        "deps": attr.label_list(providers = [CcInfo], aspects = [_parts]),
    },
    executable = True,
)

def fuzz_target(name, deps, seconds = 5):
    """A fuzzer of <name>.cc, and a test that tries its corpus and then runs it for some seconds.

    Makes two targets:
      <name>       the program; docs/developing.md says how to run it for longer
      <name>_test  runs it

    Args:
      name: of the program. Its source, <name>.cc, has LLVMFuzzerTestOneInput(); inputs that are
        kept are in the folder <name>_corpus.
      deps: libraries.
      seconds: how long the test runs it.
    """
    _fuzz_program(
        name = name,
        testonly = True,
        src = name + ".cc",
        deps = deps,
    )
    native.sh_test(
        name = name + "_test",
        size = "small",
        srcs = ["//tools/bazel:run_fuzzer.sh"],
        args = [
            "$(location :%s)" % name,
            native.package_name() + "/" + name + "_corpus",
            "-max_total_time=%d" % seconds,
        ],
        data = [":" + name] + native.glob([name + "_corpus/*"]),
    )
