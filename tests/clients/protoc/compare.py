"""Compiles each file with protoc and compares its descriptors with ours, as messages and never as bytes.

Reads lines of JSON: {"file", "ours"} with the path of our set, or null when we refuse the file. Prints a line of JSON for each:
{"file", "accepts", "equal", "said"}.
"""

import difflib
import json
import os
import sys
import tempfile

import grpc_tools
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_tools import protoc

WELL_KNOWN = os.path.join(os.path.dirname(grpc_tools.__file__), "_proto")


def set_class(data):
    """The class of descriptor sets that knows the options which the files of a set define."""
    pool = descriptor_pool.DescriptorPool()
    files = descriptor_pb2.FileDescriptorSet.FromString(data).file
    if not any(f.name == "google/protobuf/descriptor.proto" for f in files):
        own = descriptor_pb2.FileDescriptorProto()
        descriptor_pb2.DESCRIPTOR.CopyToProto(own)
        pool.Add(own)
    for one in files:
        pool.Add(one)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))


def difference(ours, theirs):
    cls = set_class(theirs)
    mine = {f.name: f for f in cls.FromString(ours).file}
    for wanted in cls.FromString(theirs).file:
        found = mine.get(wanted.name)
        if found is None:
            return f"{wanted.name} is missing"
        if not found.HasField("source_code_info"):
            # A built-in file has no places.
            wanted.ClearField("source_code_info")
        if found.SerializeToString(deterministic=True) != wanted.SerializeToString(deterministic=True):
            lines = difflib.unified_diff(str(wanted).split("\n"), str(found).split("\n"), "protoc", "ours", lineterm="", n=4)
            return wanted.name + "\n" + "\n".join(list(lines)[:40])
    return None


def main():
    root = sys.argv[1]
    out = os.path.join(tempfile.mkdtemp(), "set.pb")
    # protoc prints to the file descriptor; what it says is kept for the report.
    said = tempfile.TemporaryFile()
    os.dup2(said.fileno(), 2)
    for line in sys.stdin:
        case = json.loads(line)
        said.seek(0)
        said.truncate()
        flags = ["--include_imports", "--include_source_info", f"--descriptor_set_out={out}"]
        # In a process of its own: what makes protoc fall over must not end the comparison.
        child = os.fork()
        if child == 0:
            os._exit(protoc.main(["protoc", f"-I{WELL_KNOWN}", f"-I{root}", *flags, case["file"]]))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        answer = {"file": case["file"], "accepts": code == 0, "crashed": code < 0, "equal": None, "said": None}
        if code != 0:
            said.seek(0)
            errors = [l for l in said.read().decode(errors="replace").split("\n") if l and "warning:" not in l]
            answer["said"] = "; ".join(errors[:2])
        elif case["ours"]:
            with open(case["ours"], "rb") as ours, open(out, "rb") as theirs:
                mine, reference = ours.read(), theirs.read()
            try:
                answer["said"] = difference(mine, reference)
                answer["equal"] = answer["said"] is None
            except TypeError as why:
                # The pool of Python refuses some files that protoc only warns about.
                answer["said"] = f"not comparable: {why}"
        print(json.dumps(answer), flush=True)


main()
