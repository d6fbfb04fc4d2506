"""Decoders of content codings, for what the gateway encodes: zlib of Python, the others' own libraries through ctypes.
Each takes the whole body; `partial` allows one that is not complete yet."""
import ctypes
import ctypes.util
import zlib

ROOM = 64 * 1024 * 1024


def gunzip(data, partial=False):
    decoder = zlib.decompressobj(31)
    text = decoder.decompress(data)
    assert partial or (decoder.eof and not decoder.unused_data), "the gzip data is not whole"
    return text


def _library(name):
    return ctypes.CDLL(ctypes.util.find_library(name) or "lib%s.so.1" % name)


def unbrotli(data, partial=False):
    lib = _library("brotlidec")
    lib.BrotliDecoderCreateInstance.restype = ctypes.c_void_p
    lib.BrotliDecoderTakeOutput.restype = ctypes.c_void_p
    state = ctypes.c_void_p(lib.BrotliDecoderCreateInstance(None, None, None))
    buffer = ctypes.create_string_buffer(data, len(data) or 1)
    left, at = ctypes.c_size_t(len(data)), ctypes.c_void_p(ctypes.addressof(buffer))
    none, nowhere = ctypes.c_size_t(0), ctypes.c_void_p(None)
    out = b""
    while True:
        result = lib.BrotliDecoderDecompressStream(state, ctypes.byref(left), ctypes.byref(at), ctypes.byref(none),
                                                   ctypes.byref(nowhere), None)
        size = ctypes.c_size_t(0)
        taken = lib.BrotliDecoderTakeOutput(state, ctypes.byref(size))
        if size.value:
            out += ctypes.string_at(taken, size.value)
        if result != 3:  # NEEDS_MORE_OUTPUT
            break
    lib.BrotliDecoderDestroyInstance(state)
    assert result == 1 and left.value == 0 or partial and result == 2, "bad brotli data: %d" % result
    return out


class _Buffer(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t), ("pos", ctypes.c_size_t)]


def unzstd(data, partial=False):
    lib = _library("zstd")
    lib.ZSTD_createDCtx.restype = ctypes.c_void_p
    lib.ZSTD_decompressStream.restype = ctypes.c_size_t
    context = ctypes.c_void_p(lib.ZSTD_createDCtx())
    source = ctypes.create_string_buffer(data, len(data) or 1)
    target = ctypes.create_string_buffer(1 << 20)
    taken, out, left = _Buffer(ctypes.addressof(source), len(data), 0), b"", 1
    while True:
        made = _Buffer(ctypes.addressof(target), len(target), 0)
        left = lib.ZSTD_decompressStream(context, ctypes.byref(made), ctypes.byref(taken))
        assert not lib.ZSTD_isError(ctypes.c_size_t(left)), "bad zstd data"
        out += target.raw[:made.pos]
        if made.pos < made.size:
            break
    lib.ZSTD_freeDCtx(context)
    assert taken.pos == len(data) and (left == 0 or partial), "the zstd data is not whole"
    return out


DECODERS = {"gzip": gunzip, "br": unbrotli, "zstd": unzstd}
