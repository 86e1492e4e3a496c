/// Keeps the struct that has one of these where it is, and takes no room in it.
///
/// To read one property of a large struct that stands in a table, the compiler copies all of it
/// first, which for a peer or a stream is a dozen cache lines. Of what has a layout of its own it
/// knows no values, only places, and reads the property alone.
@_rawLayout(size: 0, alignment: 1)
public struct InPlace: ~Copyable, @unchecked Sendable {
  /// There is nothing to know of it.
  @inlinable
  public init() {}
}
