"""clang-tidy as an aspect, so that only what changed is checked again.

    bazel build //... --config=clang_tidy

Checks the C++ sources of this workspace's libraries and programs with the
configuration in .clang-tidy; a finding is a failed build. Tests are left out:
GoogleTest's macros cost most of the time and hide what is found.
"""

load("//tools/lint:cxx_flags.bzl", "cxx_flags", "cxx_sources")

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
    flags = cxx_flags(ctx, context)
    reports = [_check(ctx, source, flags, context.headers) for source in cxx_sources(ctx)]
    return [OutputGroupInfo(clang_tidy = depset(reports))]

clang_tidy = aspect(
    implementation = _clang_tidy_impl,
    attrs = {
        "_config": attr.label(default = "//:.clang-tidy", allow_single_file = True),
        "_runner": attr.label(default = "//tools/lint:run_clang_tidy.sh", allow_single_file = True),
    },
)
