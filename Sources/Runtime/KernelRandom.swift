import CLinux

/// The kernel's random generator, which seeds every `RandomSource` of the daemon.
public enum KernelRandom {
  /// 32 bytes for `RandomSource.init(seed:)`.
  public static func seed() -> [UInt8] { bytes(32) }

  /// `count` random bytes, for secrets that are made once.
  public static func bytes(_ count: Int) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: count)
    // Once the machine has booted the call cannot fail, and without it nothing here is safe.
    precondition(linux_random(&result, UInt64(count)) == 0, "no kernel randomness")
    return result
  }
}
