import Memory
package struct Engine: ~Copyable {}
package struct Database: ~Copyable {}
