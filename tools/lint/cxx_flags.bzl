"""What clang needs to know of a target's C++ sources, for aspects that run or configure it."""

def cxx_sources(ctx):
    """The target's C++ sources that are files of this workspace."""
    if not hasattr(ctx.rule.files, "srcs"):
        return []
    return [f for f in ctx.rule.files.srcs if f.extension == "cc" and f.is_source]

def cxx_flags(ctx, compilation_context):
    """clang's flags for them; paths are relative to the workspace's root."""

    # gnu++17: with c++17 clang does not know the _Bool of BPF skeletons.
    flags = ["-std=gnu++17", "-iquote", "."]
    for path in compilation_context.quote_includes.to_list():
        flags += ["-iquote", path]
    for define in compilation_context.defines.to_list():
        flags.append("-D" + define)
    return flags + getattr(ctx.rule.attr, "copts", [])
