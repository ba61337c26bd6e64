"""clang-tidy as an aspect, so that only what changed is checked again.

    bazel build //... --config=clang_tidy

Checks the C++ sources of this workspace's libraries and programs with the
configuration in .clang-tidy; a finding is a failed build. Tests are left out:
GoogleTest's macros cost most of the time and hide what is found.
"""

def _sources(ctx):
    if not hasattr(ctx.rule.files, "srcs"):
        return []
    return [f for f in ctx.rule.files.srcs if f.extension == "cc" and f.is_source]

def _flags(ctx, compilation_context):
    # gnu++17: with c++17 clang does not know the _Bool of BPF skeletons.
    flags = ["-std=gnu++17", "-iquote", "."]
    for path in compilation_context.quote_includes.to_list():
        flags += ["-iquote", path]
    for define in compilation_context.defines.to_list():
        flags.append("-D" + define)
    return flags + getattr(ctx.rule.attr, "copts", [])

def _check(ctx, source, flags, headers):
    report = ctx.actions.declare_file(source.basename + "." + ctx.label.name + ".clang_tidy")
    ctx.actions.run(
        executable = ctx.file._runner,
        arguments = [report.path, source.path] + flags,
        inputs = depset([source, ctx.file._config], transitive = [headers]),
        outputs = [report],
        tools = [ctx.file._runner],
        mnemonic = "ClangTidy",
    )
    return report

def _clang_tidy_impl(target, ctx):
    if CcInfo not in target or getattr(ctx.rule.attr, "testonly", False):
        return []
    context = target[CcInfo].compilation_context
    flags = _flags(ctx, context)
    reports = [_check(ctx, source, flags, context.headers) for source in _sources(ctx)]
    return [OutputGroupInfo(clang_tidy = depset(reports))]

clang_tidy = aspect(
    implementation = _clang_tidy_impl,
    attrs = {
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
        "_runner": attr.label(default = "//tools/lint:run_clang_tidy.sh", allow_single_file = True),
    },
)
