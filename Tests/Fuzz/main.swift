import Glibc
import Primitives

/// libFuzzer's loop, from the compiler's runtime.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ tryInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser under test: the program's last argument names it, as `scripts/fuzz` passes it.
private let chosen = FuzzTarget(rawValue: CommandLine.arguments.last ?? "")

guard chosen != nil else {
  print("usage: Fuzz [libFuzzer options] NAME, NAME being one of:")
  for target in FuzzTarget.allCases { print("  \(target.rawValue)") }
  exit(2)
}

private var count = CommandLine.argc - 1
private var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
  CommandLine.unsafeArgv
exit(
  runFuzzer(&count, &arguments) { bytes, length in
    chosen?.run(UnsafeRawBufferPointer(start: bytes, count: length))
    return 0
  })
