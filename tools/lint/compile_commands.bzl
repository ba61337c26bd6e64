"""compile_commands.json as an aspect: tools/compile_commands.sh joins what it writes.

Writes for each target with C++ sources a file with one line a source, an entry of
https://clang.llvm.org/docs/JSONCompilationDatabase.html. @ROOT@ stands for the workspace's
root, which is not known here.
"""

load("//tools/lint:cxx_flags.bzl", "cxx_flags", "cxx_sources")

def _entry(source, flags):
    return json.encode(struct(
        directory = "@ROOT@",
        file = source.path,
        arguments = ["/usr/bin/clang++"] + flags + ["-c", source.path],
    ))

def _compile_commands_impl(target, ctx):

    # A file that another package compiles as well is listed by its own package only.
    sources = [f for f in cxx_sources(ctx) if f.owner.package == ctx.label.package]
    if CcInfo not in target or not sources:
        return []
    context = target[CcInfo].compilation_context
    flags = cxx_flags(ctx, context)
    entries = ctx.actions.declare_file(ctx.label.name + ".compile_commands")
    ctx.actions.write(entries, "".join([_entry(f, flags) + "\n" for f in sources]))

    # Generated headers as well: without them clangd finds no *.pb.h and no *.skel.h.
    generated = [f for f in context.headers.to_list() if not f.is_source]
    return [OutputGroupInfo(compile_commands = depset([entries] + generated))]

compile_commands = aspect(implementation = _compile_commands_impl)
